//! What a trusted root can lack.

use airgap_bundle::trust::TrustedRoot;
use serde_json::{Value, json};

use super::{Bench, FORMS, said};

#[test]
fn a_root_that_lacks_something_refuses() {
    let past = json!({"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"});
    let set = |pointer: &'static str, value: Value| {
        move |root: &mut Value| *root.pointer_mut(pointer).unwrap() = value.clone()
    };
    type Change = Box<dyn Fn(&mut Value)>;
    let table: Vec<(&str, Change, [&str; 3])> = vec![
        (
            "the logs",
            Box::new(set("/tlogs", json!([]))),
            [
                "the log `b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` is not in the trusted root",
                "the log `b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726` is not in the trusted root",
                "the log `482f3aeb4ca9b05a0f9f9406733855b2e1503dfc91fcc08f13f905d6f606b114` is not in the trusted root",
            ],
        ),
        (
            "the log's time",
            Box::new(set("/tlogs/0/publicKey/validFor", past.clone())),
            [
                "the log entry's promise (SET) is wrong: No log key valid at integrated time \
             2026-11-01T00:10:02Z for log ID uRmO46l9jSr/uUYgV8KaPIeKgxORG3eggZmZEBgW1yY=",
                "the log entry's promise (SET) is wrong: No log key valid at integrated time 2026-11-01T00:10:02Z for log ID uRmO46l9jSr/uUYgV8KaPIeKgxORG3eggZmZEBgW1yY=",
                "accepted",
            ],
        ),
        (
            "the certificate logs",
            Box::new(set("/ctlogs", json!([]))),
            ["the trusted root cannot be used: no CT log keys in trusted root"; 3],
        ),
        (
            "the certificate log's time",
            Box::new(set("/ctlogs/0/publicKey/validFor", past.clone())),
            ["the certificate's signed timestamp (SCT) is wrong: SCT signature verification failed: Verification error: key not found or not valid at 2026-11-01T00:10:00Z: 7294785f70e44f9aea260811ef7bd05d0f7cc7ce4358235799222c40da6c9787";
                3],
        ),
        (
            "the authorities",
            Box::new(set("/certificateAuthorities", json!([]))),
            [
                "no certificate authority of the trusted root was valid at 2026-11-01T00:10:02Z",
                "no certificate authority of the trusted root was valid at 2026-11-01T00:10:01Z",
                "no certificate authority of the trusted root was valid at 2026-11-01T00:10:01Z",
            ],
        ),
        (
            "the authority's time",
            Box::new(set("/certificateAuthorities/0/validFor", past.clone())),
            [
                "no certificate authority of the trusted root was valid at 2026-11-01T00:10:02Z",
                "no certificate authority of the trusted root was valid at 2026-11-01T00:10:01Z",
                "no certificate authority of the trusted root was valid at 2026-11-01T00:10:01Z",
            ],
        ),
        (
            "the authority that issues",
            Box::new(|root| {
                _ = root["certificateAuthorities"][0]["certChain"]["certificates"]
                    .as_array_mut()
                    .unwrap()
                    .remove(0)
            }),
            ["the signing certificate is not of an authority of the trusted root: certificate chain \
             validation failed: UnknownIssuer"; 3],
        ),
        (
            "the timestamp authorities",
            Box::new(set("/timestampAuthorities", json!([]))),
            [
                "accepted",
                "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: no timestamp authorities configured in trusted root",
                "the timestamp (RFC 3161) is wrong: TSA timestamp verification failed: no timestamp authorities configured in trusted root",
            ],
        ),
        (
            "the timestamp authority's time",
            Box::new(set("/timestampAuthorities/0/validFor", past)),
            [
                "accepted",
                "the timestamp (RFC 3161) is of 2026-11-01T00:10:01Z, when its authority was not valid",
                "the timestamp (RFC 3161) is of 2026-11-01T00:10:01Z, when its authority was not valid",
            ],
        ),
    ];
    let mut bench = Bench::new();
    let mut differences = Vec::new();
    for (what, change, expected) in table {
        let mut root: Value = serde_json::from_str(&bench.sigstore.trusted_root()).unwrap();
        change(&mut root);
        bench.root = TrustedRoot::parse(root.to_string().as_bytes()).unwrap();
        for (form, expected) in FORMS.into_iter().zip(expected) {
            let found = said(bench.verify(&[bench.sign(form, Default::default())]));
            if found != expected {
                differences.push(format!("{what}, {form:?}\n  expected: {expected}\n  found:    {found}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
