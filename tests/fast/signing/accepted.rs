//! Who may have signed a bundle, and how the commands report it.

use serde_json::{Value, json};

use bundle_testing::internet::sigstore::encoding::public_key_pem;
use bundle_testing::internet::sigstore::key::{Key, Kind};
use bundle_testing::internet::sigstore::{Forge, Form, GITHUB, Signing};
use bundle_testing::signing::{BY_IDENTITY, Bench, IDENTITY};

#[test]
fn any_of_the_given_keys_is_enough_unless_a_threshold_says_otherwise() {
    let bench = Bench::new();
    let [one, two, three] = ["one", "two", "three"].map(|name| bench.keys(name));
    let keys = ["--key", "one.pub", "--key", "two.pub", "--key", "three.pub"];
    for (slots, threshold) in [
        (vec![one.as_str()], "1"),
        (vec!["", "", "", &two], "1"),
        (vec![&three, "", &one], "2"),
        (vec![&one, &one, &two], "2"),
        (vec![&three, &two, &one], "3"),
    ] {
        bench.put(&slots);
        bench.verify(&[&keys[..], &["--threshold", threshold]].concat()).ok();
    }
}

#[test]
fn a_bundle_says_first_who_signed_it() {
    let bench = Bench::new();
    let (one, stranger) = (bench.keys("one"), bench.keys("stranger"));
    bench.put(&[&stranger, &bench.keyless(Form::Bundle, Forge::default()).to_string(), &one]);
    let by = [&BY_IDENTITY[..], &["--key", "one.pub", "--threshold", "2"]].concat();
    let said = bench.verify(&by).ok();
    let lines: Vec<_> = said.lines().filter(|line| line.contains("this bundle")).collect();
    let lines: Vec<_> =
        lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        lines,
        [
            format!(
                "this bundle 2026-11-01T00:10:01Z Sigstore bundle, entry {} of log b9198ee3 {IDENTITY}",
                index_of(&bench)
            ),
            format!("this bundle - Sigstore bundle key {}", bench.hint("one")),
        ]
    );
    assert!(said.contains("\ntrusted root: given, sha256:"), "{said}");
    let last = said.lines().last().unwrap_or_default();
    assert_eq!(
        last,
        format!("the bundle is also signed by `{}` (not verified), not asked for", bench.hint("stranger"))
    );
    let read: Value =
        serde_json::from_str(&bench.verify(&[&by[..], &["--format", "json"]].concat()).ok()).expect("JSON");
    assert_eq!(
        read["result"]["signatures"],
        json!([
            {"form": "sigstore-bundle", "signer": {"certificate": {
                "identity": IDENTITY, "issuer": GITHUB, "time": "2026-11-01T00:10:01Z", "logIndex": index_of(&bench),
                "logId": "b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726",
            }}},
            {"form": "sigstore-bundle", "signer": {"key": bench.hint("one")}},
        ])
    );
    assert_eq!(
        read["result"]["others"],
        json!([{"slot": "bundle.sigstore.json", "by": {"key": bench.hint("stranger")}, "verified": false}])
    );
}

fn index_of(bench: &Bench) -> u64 {
    let bundle = bench.keyless(Form::Bundle, Forge::default());
    let index = bundle["verificationMaterial"]["tlogEntries"][0]["logIndex"].as_str().expect("an index");
    index.parse().expect("a number")
}

#[test]
fn an_identity_may_sign_with_either_rekor_and_be_a_pattern() {
    let bench = Bench::new();
    let pattern = [
        "--certificate-identity-regexp",
        r"https://github\.com/acme/.+@refs/heads/(main|next)",
        "--certificate-oidc-issuer",
        GITHUB,
    ];
    for form in [Form::Bundle, Form::BundleV2] {
        bench.put(&[&bench.keyless(form, Forge::default()).to_string()]);
        bench.verify(&BY_IDENTITY).ok();
        bench.verify(&pattern).ok();
    }
}

#[test]
fn a_stranger_of_the_same_sigstore_is_named_as_proved_and_one_of_another_is_not() {
    let bench = Bench::new();
    let one = bench.keys("one");
    let foreign = bundle_testing::internet::sigstore::Sigstore::named("foreign");
    let foreign = foreign.sign_blob(&bench.index(), &Signing::new(Form::Bundle, IDENTITY));
    let proved = bench.keyless(Form::BundleV2, Forge::default());
    bench.put(&[&proved.to_string(), &one, &foreign.to_string()]);
    let said = bench.verify(&["--key", "one.pub"]).ok();
    let aside: Vec<_> = said.lines().filter(|line| line.starts_with("the bundle is ")).collect();
    assert_eq!(
        aside,
        [
            format!("the bundle is also signed by `{IDENTITY}` of `{GITHUB}`, not asked for"),
            format!("the bundle is also signed by `{IDENTITY}` of `{GITHUB}` (not verified), not asked for"),
        ]
    );
}

#[test]
fn a_keys_signature_that_is_logged_is_the_keys() {
    let bench = Bench::new();
    let key = Key::of(Kind::P256, "mine");
    bench.tiny.stack.write("mine.pub", &public_key_pem(&key.spki()));
    let signed = bench.sigstore.sign_blob_by_key(&bench.index(), &key, &Signing::new(Form::Bundle, IDENTITY));
    bench.put(&[&signed.to_string()]);
    bench.verify(&["--key", "mine.pub"]).ok();
}

#[test]
fn every_command_that_trusts_a_bundle_takes_the_same_demand() {
    let bench = Bench::new();
    bench.put(&[&bench.keyless(Form::Bundle, Forge::default()).to_string()]);
    let target = bench.tiny.stack.upstream.empty(1).expect("an empty registry").to_string();
    bench.tiny.stack.write(
        "site.yaml",
        "apiVersion: bundle/v1alpha1\nkind: Site\nplatform: k3s\nregistry: {address: 'registry.lan:5000'}\n",
    );
    let site = ["--site", "site.yaml"];
    let commands: [(&str, Vec<&str>); 6] = [
        ("verify", vec![]),
        ("push", vec![&target]),
        ("serve", vec!["--listen", "127.0.0.1:0"]),
        ("render", [&site[..], &["-o", "rendered"]].concat()),
        ("install", site.to_vec()),
        ("probe", site.to_vec()),
    ];
    for (command, rest) in commands {
        let run = |by: &[&str]| bench.tiny.stack.bundle([&[command, "tiny.tar"], &rest[..], by].concat());
        let other = ["--certificate-identity", "other", "--certificate-oidc-issuer", GITHUB];
        assert_eq!(run(&other).code, Some(1), "{command}");
        assert_eq!(run(&[&BY_IDENTITY[..], &["--threshold", "2"]].concat()).code, Some(2), "{command}");
    }
    for command in [&["verify", "tiny.tar"][..], &["push", "tiny.tar", &target]] {
        bench.tiny.stack.bundle([command, &BY_IDENTITY].concat()).ok();
    }
}
