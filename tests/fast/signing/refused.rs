//! Who has not signed a bundle, or not well enough.

use serde_json::{Value, json};

use bundle_testing::internet::sigstore::encoding::public_key_pem;
use bundle_testing::internet::sigstore::key::{Key, Kind};
use bundle_testing::internet::sigstore::{Forge, Form, GITHUB, Signing, Sigstore};
use bundle_testing::signing::{BY_IDENTITY, Bench, IDENTITY};

/// Returns the error for a refused slot, without its first line and the hint.
fn cause(said: &str, slot: &str) -> String {
    let head = format!("error: the bundle's signature `{slot}` was refused\n  caused by: ");
    let rest = said.strip_prefix(&head).unwrap_or_else(|| panic!("{said}"));
    rest.split("\n\nhint: ").next().unwrap_or_default().replace("\n  caused by: ", ": ")
}

#[test]
fn too_few_signatures_are_refused_in_one_line() {
    let bench = Bench::new();
    let [one, two] = ["one", "two"].map(|name| bench.keys(name));
    let keyless = bench.keyless(Form::Bundle, Forge::default()).to_string();
    let both = ["--key", "one.pub", "--key", "two.pub", "--threshold", "2"];
    let mixed = [&BY_IDENTITY[..], &["--key", "one.pub", "--threshold", "2"]].concat();
    let me = format!("`{IDENTITY}` of `{GITHUB}`");
    let table: [(Vec<&str>, &[&str], String); 6] = [
        (vec![&one], &both, "2 of `[one]`, `[two]`, found 1: `[one]`".to_owned()),
        (vec![&two, &two], &both, "2 of `[one]`, `[two]`, found 1: `[two]`".to_owned()),
        (vec![&one, &one], &mixed, format!("2 of `[one]`, {me}, found 1: `[one]`")),
        (vec![&keyless, &keyless], &mixed, format!("2 of `[one]`, {me}, found 1: {me}")),
        (
            vec![&two],
            &["--key", "one.pub"],
            "`[one]`, found none; also signed by `[two]` (not verified), not asked for".to_owned(),
        ),
        (
            vec![&keyless],
            &["--key", "one.pub"],
            format!("`[one]`, found none; also signed by {me}, not asked for"),
        ),
    ];
    for (slots, by, expected) in table {
        bench.put(&slots);
        let said = bench.failed(&bench.verify(by), 1, &["one", "two"]);
        let hint =
            "check that --key or --certificate-identity is the sender's; if it is, do not use this file";
        assert_eq!(said, format!("error: expected the bundle to be signed by {expected}\n\nhint: {hint}\n"));
    }
}

#[test]
fn a_threshold_that_cannot_be_met_is_refused_before_the_file_is_read() {
    let bench = Bench::new();
    let (_one, _two) = (bench.keys("one"), bench.keys("two"));
    bench.tiny.stack.write("again.pub", &fs_read(&bench, "one.pub").replace('\n', "\r\n"));
    let hint = "give each signer with its own --key or with --certificate-identity, and lower --threshold to their number";
    for (by, expected) in [
        (&["--key", "one.pub", "--threshold", "2"][..], "threshold 2, but only 1 distinct signer is given"),
        (
            &["--key", "one.pub", "--key", "one.pub", "--threshold", "2"],
            "threshold 2, but only 1 distinct signer is given",
        ),
        (
            &["--key", "one.pub", "--key", "again.pub", "--threshold", "2"],
            "threshold 2, but only 1 distinct signer is given",
        ),
        (
            &["--key", "one.pub", "--key", "two.pub", "--threshold", "3"],
            "threshold 3, but only 2 distinct signers are given",
        ),
        (&["--key", "one.pub", "--threshold", "0"], "threshold 0 asks for no signature at all"),
    ] {
        let ran = bench.tiny.stack.bundle([&["verify", "nowhere.tar"], by].concat());
        assert_eq!(bench.failed(&ran, 2, &[]), format!("error: {expected}\n\nhint: {hint}\n"));
    }
}

fn fs_read(bench: &Bench, name: &str) -> String {
    std::fs::read_to_string(bench.tiny.stack.path(name)).expect("a file")
}

#[test]
fn a_demand_that_means_nothing_is_refused() {
    let bench = Bench::new();
    let _one = bench.keys("one");
    let issuer = ["--certificate-oidc-issuer", GITHUB];
    for (by, expected) in [
        (
            vec!["--certificate-identity", IDENTITY],
            "error: the following required arguments were not provided:\n  --certificate-oidc-issuer <ISSUER>\n",
        ),
        (
            [&["--key", "one.pub"], &issuer[..]].concat(),
            "error: `--certificate-oidc-issuer` is given without an identity\n\nhint: add --certificate-identity ID or --certificate-identity-regexp RE\n",
        ),
        (
            [&["--certificate-identity-regexp", "(?i)a"], &issuer[..]].concat(),
            "error: the pattern `(?i)a` sets a flag with `(?`; case and anchors are not the pattern's to change\n",
        ),
        (
            [&["--certificate-identity-regexp", "a("], &issuer[..]].concat(),
            "error: the pattern `a(` is not a regular expression: unclosed group\n",
        ),
        (
            [&["--certificate-identity", ""], &issuer[..]].concat(),
            "error: a value is required for '--certificate-identity <ID>' but none was supplied\n",
        ),
        (
            [&BY_IDENTITY[..], &["--certificate-identity-regexp", "a"]].concat(),
            "error: the argument '--certificate-identity <ID>' cannot be used with '--certificate-identity-regexp <RE>'\n",
        ),
        (
            vec!["--insecure-unsigned", "--threshold", "1"],
            "error: the argument '--insecure-unsigned' cannot be used with '--threshold <N>'\n",
        ),
    ] {
        let said = bench.failed(&bench.verify(&by), 2, &[]);
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn keys_of_other_kinds_are_refused_by_name() {
    let bench = Bench::new();
    for (kind, name) in [(Kind::P384, "an ECDSA P-384 key"), (Kind::Ed25519, "an Ed25519 key")] {
        bench.tiny.stack.write("other.pub", &public_key_pem(&Key::of(kind, "other").spki()));
        assert_eq!(
            bench.failed(&bench.verify(&["--key", "other.pub"]), 2, &[]),
            format!(
                "error: the public key `other.pub` cannot be used\n  caused by: expected an ECDSA P-256 public key, found {name}\n"
            )
        );
    }
}

#[test]
fn an_identity_that_is_not_the_one_is_set_aside() {
    let bench = Bench::new();
    bench.put(&[&bench.keyless(Form::Bundle, Forge::default()).to_string()]);
    let me = format!("`{IDENTITY}` of `{GITHUB}`");
    let (longer, upper) = (format!("{IDENTITY}0"), IDENTITY.to_uppercase());
    let shorter = IDENTITY.trim_end_matches("main");
    let pattern = "https://github.com/acme/bundles";
    let table = [
        ("--certificate-identity", "https://github.com/other", GITHUB, ""),
        ("--certificate-identity", IDENTITY, "https://accounts.example.test", ""),
        ("--certificate-identity", &longer, GITHUB, ""),
        ("--certificate-identity", &upper, GITHUB, ""),
        ("--certificate-identity", shorter, GITHUB, ""),
        ("--certificate-identity-regexp", pattern, GITHUB, " (pattern)"),
        ("--certificate-identity-regexp", "acme", GITHUB, " (pattern)"),
    ];
    for (flag, identity, issuer, kind) in table {
        let ran = bench.verify(&[flag, identity, "--certificate-oidc-issuer", issuer]);
        let said = bench.failed(&ran, 1, &[]);
        let expected = format!(
            "error: expected the bundle to be signed by `{identity}`{kind} of `{issuer}`, found none; also signed by {me}, not asked for\n"
        );
        assert!(said.starts_with(&expected), "{said}");
    }
}

#[test]
fn a_certificate_without_the_right_root_proves_nothing() {
    let bench = Bench::new();
    bench.put(&[&bench.keyless(Form::Bundle, Forge::default()).to_string()]);
    bench.tiny.stack.write("foreign.json", &Sigstore::named("foreign").trusted_root());
    let said = bench.failed(
        &bench.verify(&[&BY_IDENTITY[..], &["--trusted-root", "foreign.json"]].concat()),
        1,
        &[],
    );
    assert_eq!(
        said,
        format!(
            "error: the bundle's signature `bundle.sigstore.json` was refused\n  \
             caused by: the signature by `{IDENTITY}` of `{GITHUB}` does not hold\n  \
             caused by: the log `b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` is not in the trusted root\n\n\
             hint: give the trusted root of the Sigstore that signed with --trusted-root; if that is the one it is checked against, do not use this file\n"
        )
    );
}

fn stored(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Forge {
    Forge::default().stored(change)
}

fn put(pointer: &'static str, value: Value) -> Forge {
    stored(move |bundle| *bundle.pointer_mut(pointer).expect("a place") = value.clone())
}

#[test]
fn a_bad_slot_refuses_the_bundle_whatever_the_others_hold() {
    let bench = Bench::new();
    let one = bench.keys("one");
    let unproved = |text: &str| format!("the signature by `{IDENTITY}` of `{GITHUB}` does not hold: {text}");
    let table = [
        (
            "no log",
            put("/verificationMaterial/tlogEntries", json!([])),
            unproved("expected 1 to 8 log entries, found 0"),
        ),
        (
            "no promise",
            Forge::default().entry(|entry| entry.promise = None),
            unproved("the log entry has no promise (SET), so nothing proves its time"),
        ),
        (
            "another time",
            Forge::default()
                .entry(|entry| entry.integrated_time = entry.integrated_time.map(|time| time + 1)),
            unproved("the log entry's promise (SET) is wrong: "),
        ),
        (
            "expired",
            Forge::default().admission(|admission| {
                admission.integrated_time = admission.integrated_time.map(|time| time + 1000)
            }),
            unproved(
                "the certificate expired at 2026-11-01T00:20:00Z, but the signature is of 2026-11-01T00:26:42Z",
            ),
        ),
        (
            "no SCT",
            Forge::default().leaf(|leaf| leaf.scts = None),
            unproved("the certificate has no signed timestamp (SCT) of a certificate log"),
        ),
        (
            "a proof of something else",
            Forge::default().entry(|entry| entry.proof.iter_mut().for_each(|proof| proof.path[0][0] ^= 1)),
            unproved("the log entry's inclusion proof is wrong: "),
        ),
        (
            "an entry of something else",
            Forge::default().body(|body| body["spec"]["data"]["hash"]["value"] = json!("00".repeat(32))),
            unproved("the signature, or its log entry, is for something else: "),
        ),
        (
            "another signature",
            Forge::default().signed(|signed| signed.signatures[0].bytes = signed.key.sign(b"other")),
            unproved("the signature was not made by the certificate's key over these bytes"),
        ),
        (
            "an attestation",
            stored(|bundle| {
                let message = bundle.as_object_mut().expect("an object").remove("messageSignature");
                bundle["dsseEnvelope"] = json!({"payload": "", "payloadType": "", "signatures": []});
                assert!(message.is_some());
            }),
            "expected a signature with a `messageSignature`, found a `dsseEnvelope`".to_owned(),
        ),
        (
            "another digest",
            put(
                "/messageSignature/messageDigest/digest",
                json!("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            ),
            "the signature is over other bytes: expected `[digest 1]`, found `[digest 2]`".to_owned(),
        ),
    ];
    let mut differences = Vec::new();
    for (what, forge, expected) in table {
        let bad = bench.keyless(Form::Bundle, forge).to_string();
        bench.put(&[&one, "", &bad]);
        // Whether the identity is asked for or not: this Sigstore is known.
        for by in [&["--key", "one.pub"][..], &[&BY_IDENTITY[..], &["--key", "one.pub"]].concat()] {
            if what == "no log" && by.len() == 2 {
                continue;
            }
            let ran = bench.verify(by);
            let found = if ran.code == Some(0) {
                "accepted".to_owned()
            } else {
                cause(&bench.failed(&ran, 1, &["one"]), "bundle.3.sigstore.json")
            };
            if !(found == expected || expected.ends_with(": ") && found.starts_with(&expected)) {
                differences.push(format!("{what}\n  expected: {expected}\n  found:    {found}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn what_is_beside_a_keys_signature_has_to_hold_too() {
    let bench = Bench::new();
    let (key, other) = (Key::of(Kind::P256, "mine"), Key::of(Kind::P256, "other"));
    bench.tiny.stack.write("mine.pub", &public_key_pem(&key.spki()));
    let stamp = |bytes: &'static [u8]| {
        let stamp = bundle_testing::internet::sigstore::timestamp::Stamp::new(
            &Sigstore::new().stamper,
            bytes,
            1_793_491_801,
        );
        bundle_testing::internet::sigstore::encoding::base64(stamp.response())
    };
    let stamp = stamp(b"something else");
    let table = [
        ("nothing", Forge::default(), "accepted"),
        (
            "no promise",
            Forge::default().entry(|entry| entry.promise = None),
            "the log entry has no promise (SET), so nothing proves its time",
        ),
        (
            "another log's",
            Forge::default().entry(|entry| entry.log_id = [0; 32]),
            "the log `0000000000000000000000000000000000000000000000000000000000000000` is not in the trusted root",
        ),
        (
            "another key's entry",
            Forge::default().body(move |body| {
                body["spec"]["signature"]["publicKey"]["content"] =
                    json!(bundle_testing::internet::sigstore::encoding::base64(public_key_pem(&other.spki())))
            }),
            "the log entry is not of this signature: public key in Rekor entry does not match managed key",
        ),
        (
            "a timestamp of something else",
            stored(move |bundle| {
                bundle["verificationMaterial"] = json!({"publicKey": bundle["verificationMaterial"]["publicKey"], "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": stamp}]}});
            }),
            "the timestamp (RFC 3161) is wrong: ",
        ),
        (
            "no log and no timestamp",
            put("/verificationMaterial/tlogEntries", json!([])),
            "the bundle cannot be read: Bundle error: bundle must have at least one tlog entry or timestamp verification data",
        ),
    ];
    let mut differences = Vec::new();
    for (what, forge, expected) in table {
        let signing = Signing::new(Form::Bundle, IDENTITY).forged(forge);
        bench.put(&[&bench.sigstore.sign_blob_by_key(&bench.index(), &key, &signing).to_string()]);
        let ran = bench.verify(&["--key", "mine.pub"]);
        let found = if ran.code == Some(0) {
            "accepted".to_owned()
        } else {
            let said = cause(&bench.failed(&ran, 1, &["mine"]), "bundle.sigstore.json");
            said.strip_prefix("the signature by `[mine]` does not hold: ").unwrap_or(&said).to_owned()
        };
        if !(found == expected || expected.ends_with(": ") && found.starts_with(expected)) {
            differences.push(format!("{what}\n  expected: {expected}\n  found:    {found}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
