use super::*;
use crate::spec::file::parse_yaml;
use crate::spec::policy::identity::{Identity, SubjectMatch};
use crate::spec::policy::pattern::Pattern;

const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Reads the policy `it` of a file with policies; else its faults, a line each.
fn read(text: &str) -> Result<Policy, Vec<String>> {
    let root = parse_yaml(text, "x.yaml").unwrap();
    let mut decoder = Decoder::default();
    let policies = Policies::read(&mut decoder, &root);
    match decoder.finish("x.yaml") {
        Some(faults) => {
            Err(faults.faults.iter().map(|fault| format!("{}; {}", fault.message, fault.hint)).collect())
        }
        None => Ok(policies.0["it"].clone().unwrap()),
    }
}

fn exact(subject: &str) -> Signers {
    Signers::Keyless(Identity::exact(ISSUER, subject))
}

fn signed(by: Signers) -> Policy {
    Policy { signed: Signed::By(by), attestations: Vec::new() }
}

fn key(pem: &str) -> Signers {
    Signers::Key(pem.to_owned())
}

#[test]
fn every_form_of_a_policy_is_read() {
    let keyless = format!("keyless: {{issuer: '{ISSUER}', identity: me}}");
    let named = format!("one: {{{keyless}}}\ntwo: {{key: {{pem: B}}}}\n");
    let claims = Identity {
        subject: SubjectMatch::Pattern(Pattern::parse("m.").unwrap()),
        repository: Some("o/r".to_owned()),
        git_ref: Some("refs/tags/1".to_owned()),
        trigger: Some("push".to_owned()),
        ..Identity::exact(ISSUER, "me")
    };
    let full = format!(
        "keyless: {{issuer: '{ISSUER}', identityRegexp: m., repository: o/r, ref: refs/tags/1, trigger: push}}"
    );
    let attestation =
        Attestation { predicate_type: "https://slsa.dev/provenance/v1".to_owned(), by: exact("me") };
    for (text, expected) in [
        (format!("it: {{{keyless}}}"), signed(exact("me"))),
        (format!("it: {{{full}}}"), signed(Signers::Keyless(claims))),
        ("it: {key: {pem: A}}".to_owned(), signed(key("A"))),
        ("it: {key: {pem: [A, B]}}".to_owned(), signed(Signers::AnyOf(vec![key("A"), key("B")]))),
        (
            "it: {unsigned: {reason: none}}".to_owned(),
            Policy { signed: Signed::Unsigned { reason: "none".to_owned() }, attestations: Vec::new() },
        ),
        (format!("{named}it: two"), signed(key("B"))),
        (
            format!("{named}it: {{allOf: [one, two, {{anyOf: [{{key: {{pem: C}}}}, two]}}]}}"),
            signed(Signers::AllOf(vec![exact("me"), key("B"), Signers::AnyOf(vec![key("C"), key("B")])])),
        ),
        (
            format!(
                "{named}it: {{key: {{pem: A}}, attestations: [{{predicateType: 'https://slsa.dev/provenance/v1', by: one}}]}}"
            ),
            Policy { attestations: vec![attestation], ..signed(key("A")) },
        ),
    ] {
        assert_eq!(read(&text), Ok(expected), "{text}");
    }
}

#[test]
fn policies_that_say_nothing_or_too_much_are_faults() {
    let table = [
        (
            "it: {}",
            "a policy has exactly one form, found 0; write one of `keyless`, `key`, `unsigned`, `allOf`, `anyOf`",
        ),
        (
            "it: {key: {pem: A}, unsigned: {reason: x}}",
            "a policy has exactly one form, found 2; write one of `keyless`, `key`, `unsigned`, `allOf`, `anyOf`",
        ),
        (
            "it: {keyless: {identity: me}}",
            "`keyless` lacks `issuer`; add `issuer: https://token.actions.githubusercontent.com`",
        ),
        (
            "it: {keyless: {issuer: i}}",
            "`keyless` lacks `identity`; add `identity: https://github.com/org/repo/.github/workflows/release.yaml@refs/tags/v1.0.0`",
        ),
        (
            "it: {keyless: {issuer: i, identity: a, identityRegexp: b}}",
            "`identity` and `identityRegexp` are both there; keep one of the two",
        ),
        (
            "it: {keyless: {issuer: i, identityRegexp: '(?i)a'}}",
            "the pattern `(?i)a` sets a flag with `(?`; case and anchors are not the pattern's to change; write an expression that matches the whole identity",
        ),
        (
            "it: {keyless: {issuer: i, identity: a, Ref: x}}",
            "unknown field `Ref` in `keyless`; did you mean `ref`?",
        ),
        ("it: {unsigned: {}}", "`unsigned` lacks `reason`; add `reason: why no signature is required`"),
        (
            "it: {allOf: [{key: {pem: A}}]}",
            "`allOf` needs at least two policies, found 1; write the one policy by itself, or add another",
        ),
        (
            "it: {allOf: [{key: {pem: A}}, {key: {pem: A}}]}",
            "`allOf` names the same signer twice: one signature would be enough for both; keep one of the two",
        ),
        (
            "it: {anyOf: [{key: {pem: A}}, {unsigned: {reason: x}}]}",
            "`unsigned` cannot be one of several: it would be met by anything; take it out, or make it the whole policy",
        ),
        ("it: other", "unknown policy `other`; define it under `policies`, above its use; there are: "),
        (
            "it: {allOf: [it, it]}",
            "unknown policy `it`; define it under `policies`, above its use; there are: ",
        ),
        (
            "it: {key: {pem: A}, attestations: [{by: {key: {pem: A}}}]}",
            "an attestation lacks `predicateType`; add `predicateType: https://slsa.dev/provenance/v1`",
        ),
        (
            "it: {key: {pem: A}, attestations: [{predicateType: x}]}",
            "an attestation lacks `by`; add `by: {keyless: {issuer: …, identity: …}}`",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(read(text), Err(vec![expected.to_owned()]), "{text}");
    }
    let deep = (0..9).fold("{key: {pem: A}}".to_owned(), |inner, at| {
        format!("{{anyOf: [{inner}, {{key: {{pem: B{at}}}}}]}}")
    });
    assert_eq!(
        read(&format!("it: {deep}")),
        Err(vec!["policies are nested more than 8 deep; write it flatter".to_owned()])
    );
}
