//! `bundle sign --attach`: signatures that were made elsewhere.

use serde_json::{Value, json};

use bundle_testing::internet::sigstore::{Forge, Form, GITHUB, Signing, Sigstore};
use bundle_testing::signing::{BY_IDENTITY, Bench, IDENTITY};

const ROOT: [&str; 2] = ["--trusted-root", "root.json"];

fn attach(bench: &Bench, name: &str, text: &str) -> bundle_testing::support::Ran {
    bench.tiny.stack.write(name, text);
    bench.sign(&[&["--attach", name], &ROOT[..]].concat())
}

#[test]
fn a_signature_by_certificate_is_attached_and_says_for_whom_it_is() {
    let bench = Bench::new();
    let _one = bench.keys("one");
    for (form, text) in
        [Form::Bundle, Form::BundleV2].map(|form| (form, bench.keyless(form, Forge::default())))
    {
        // As a person may have saved it.
        let said = attach(&bench, "sig.json", &format!("{text:#}\n")).ok();
        let line = said.lines().last().unwrap_or_default();
        let expected =
            format!("bundle.sigstore.json    `{IDENTITY}` of `{GITHUB}`: attached, certificate verified");
        assert_eq!(line, expected, "{form:?}");
        bench.verify(&BY_IDENTITY).ok();
    }
    bench.sign(&["--key", "one.key", "--add"]).ok();
    bench.verify(&[&BY_IDENTITY[..], &["--key", "one.pub", "--threshold", "2"]].concat()).ok();
    attach(&bench, "sig.json", &bench.keyless(Form::Bundle, Forge::default()).to_string()).ok();
    let refused = bench.failed(&bench.verify(&["--key", "one.pub"]), 1, &["one"]);
    assert!(
        refused.starts_with("error: expected the bundle to be signed by `[one]`, found none; "),
        "{refused}"
    );
}

#[test]
fn several_are_attached_at_once_and_the_same_signatory_has_one_slot() {
    let bench = Bench::new();
    let [one, two] = ["one", "two"].map(|name| bench.keys(name));
    let _three = bench.keys("three");
    let keyless =
        [Form::Bundle, Form::BundleV2].map(|form| bench.keyless(form, Forge::default()).to_string());
    let files = [("1.json", &one), ("2.json", &keyless[0]), ("3.json", &two), ("4.json", &keyless[1])];
    for (name, text) in files {
        bench.tiny.stack.write(name, text);
    }
    let all = ["--attach", "1.json", "--attach", "2.json", "--attach", "3.json", "--attach", "4.json"];
    let said = bench.sign(&[&["--key", "three.key"], &all[..], &ROOT].concat()).ok();
    let lines: Vec<_> =
        said.lines().skip(3).map(|line| bench.named(line, &["one", "two", "three"])).collect();
    assert_eq!(
        lines,
        [
            "bundle.sigstore.json    key `[three]`: signed now".to_owned(),
            "bundle.2.sigstore.json  key `[one]`: attached, not verified: that needs the public key"
                .to_owned(),
            format!("bundle.3.sigstore.json  `{IDENTITY}` of `{GITHUB}`: attached, certificate verified"),
            "bundle.4.sigstore.json  key `[two]`: attached, not verified: that needs the public key"
                .to_owned(),
        ]
    );
    let keys = ["--key", "one.pub", "--key", "two.pub", "--key", "three.pub", "--threshold", "4"];
    bench.verify(&[&BY_IDENTITY[..], &keys].concat()).ok();
}

#[test]
fn what_is_not_a_signature_of_this_bundle_is_not_attached() {
    let bench = Bench::new();
    let one = bench.keys("one");
    let sigstore = Sigstore::new();
    let elsewhere = sigstore.sign_blob(b"another index", &Signing::new(Form::Bundle, IDENTITY));
    let foreign = Sigstore::named("foreign").sign_blob(&bench.index(), &Signing::new(Form::Bundle, IDENTITY));
    let edited = |pointer: &str, value: Value| {
        let mut json: Value = serde_json::from_str(&one).expect("JSON");
        *json.pointer_mut(pointer).expect("a place") = value;
        json.to_string()
    };
    let unlogged =
        Forge::default().stored(|bundle| bundle["verificationMaterial"]["tlogEntries"] = json!([]));
    let unlogged = bench.keyless(Form::Bundle, unlogged).to_string();
    let large = format!("{{\"mediaType\":{:?}}}", "x".repeat(17_000));
    let (index, leave_out, root) = (
        "sign this bundle's index: `tar -xOf FILE index.json > index.json`, then `cosign sign-blob --bundle SIG.json index.json`",
        "leave out what is not needed: `cosign sign-blob` writes about 10 KiB",
        "give the trusted root of the Sigstore that signed with --trusted-root",
    );
    let by = format!("the signature by `{IDENTITY}` of `{GITHUB}` does not hold\n  caused by: ");
    let table = [
        (
            elsewhere.to_string(),
            "the signature is over other bytes: expected `[digest 1]`, found `[digest 2]`".to_owned(),
            index,
        ),
        (
            "garbage".to_owned(),
            "the signature is not a Sigstore bundle: expected value at line 1 column 1".to_owned(),
            index,
        ),
        (String::new(), "there is no signature".to_owned(), index),
        (
            "{}".to_owned(),
            "the signature is not a Sigstore bundle: missing field `mediaType` at line 1 column 2".to_owned(),
            index,
        ),
        (
            format!("{one}{one}"),
            format!("the signature is followed by something other than spaces, at byte {}", one.len()),
            index,
        ),
        (large, "the signature has 17016 bytes, its slot only 16384".to_owned(), leave_out),
        (
            edited("/mediaType", json!("x")),
            "expected a signature of media type `application/vnd.dev.sigstore.bundle.v0.3+json`, found `x`"
                .to_owned(),
            index,
        ),
        (edited("/messageSignature/signature", json!("")), "the signature is empty".to_owned(), index),
        (
            edited("/messageSignature/messageDigest/algorithm", json!("SHA2_384")),
            "expected a signature over `SHA2_256`, found `SHA2_384`".to_owned(),
            index,
        ),
        (
            edited("/verificationMaterial", json!({})),
            "expected a signature with 1 key or certificate, found 0".to_owned(),
            index,
        ),
        (unlogged, format!("{by}expected 1 to 8 log entries, found 0"), root),
        (
            foreign.to_string(),
            format!("{by}the log `{}` is not in the trusted root", foreign_log(&foreign)),
            root,
        ),
    ];
    let before = bench.bytes();
    for (text, expected, hint) in table {
        let said = bench.failed(&attach(&bench, "sig.json", &text), 1, &["one"]);
        assert_eq!(
            said,
            format!(
                "error: cannot attach the signature `sig.json`\n  caused by: {expected}\n\nhint: {hint}\n"
            )
        );
        assert!(bench.bytes() == before);
    }
    let missing = bench.failed(&bench.sign(&["--attach", "nowhere.json"]), 2, &[]);
    assert!(missing.starts_with("error: failed to read `nowhere.json`\n"), "{missing}");
}

fn foreign_log(bundle: &Value) -> String {
    let id = bundle["verificationMaterial"]["tlogEntries"][0]["logId"]["keyId"].as_str().expect("a log");
    let id = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, id).expect("base64");
    bundle_testing::internet::sigstore::encoding::hex(&id)
}
