//! Attestations in cosign's older form: a layer of the manifest at `sha256-….att`.

use std::collections::BTreeMap;

use airgap_bundle::lock::SignatureSeen;
use airgap_bundle::oci::{Evidence, MANIFEST, Manifest};
use airgap_bundle::spec::Identity;
use airgap_bundle::trust::{Requirement, verify_attestation, verify_image};
use serde_json::json;

use super::{Bench, IDENTITY, evidence, put, requirement, said};
use bundle_testing::internet::sigstore::{Forge, Form, GITHUB, PROVENANCE, SignedManifest, Signing};

const OTHER: &str = "https://github.com/other/other/.github/workflows/a.yaml@refs/tags/1";

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attested(bench: &Bench, identity: &str, forge: Forge) -> SignedManifest {
    bench.sigstore.attest_tag(&bench.subject, &Signing::provenance(Form::Bundle, identity).forged(forge))
}

fn asked(bench: &Bench, kind: &str, signed: &[SignedManifest]) -> String {
    let found = verify_attestation(bench.image(), &evidence(signed), kind, &requirement(), Some(&bench.root));
    said(found.map(airgap_bundle::trust::Verified::into_inner))
}

#[test]
fn an_attestation_behind_the_older_tag_is_accepted() {
    let bench = Bench::new();
    let signed = [attested(&bench, IDENTITY, Forge::default())];
    let found =
        verify_attestation(bench.image(), &evidence(&signed), PROVENANCE, &requirement(), Some(&bench.root));
    let SignatureSeen::AttestationTag { signer } = found.unwrap().into_inner().signature else {
        panic!("another form")
    };
    assert_eq!(signer.to_string(), format!("`{IDENTITY}` of `{GITHUB}`"));
}

#[test]
fn an_attestation_behind_the_older_tag_is_no_signature_and_does_a_signature_no_harm() {
    let bench = Bench::new();
    let provenance = attested(&bench, IDENTITY, Forge::default());
    let found = verify_image(
        bench.image(),
        &evidence(std::slice::from_ref(&provenance)),
        &requirement(),
        Some(&bench.root),
    );
    assert_eq!(found.unwrap_err().to_string(), format!("`{}` carries no signature", bench.image()));
    let broken = attested(&bench, IDENTITY, Forge::default().leaf(|leaf| leaf.scts = None));
    for beside in [provenance, broken] {
        let signed = [bench.sign(Form::Tag, Forge::default()), beside];
        assert_eq!(said(bench.verify(&signed)), "accepted");
    }
}

#[test]
fn what_is_wrong_behind_the_older_tag_is_refused() {
    let bench = Bench::new();
    let foreign = bundle_testing::internet::sigstore::Sigstore::named("foreign");
    let theirs = foreign.attest_tag(&bench.subject, &Signing::provenance(Form::Bundle, IDENTITY));
    let log = format!("the log `{}` is not in the trusted root", hex(foreign.rekor.id()));
    let altered = |pointer: &'static str, value: serde_json::Value| {
        attested(&bench, IDENTITY, Forge::default().stored(move |stored| put(stored, pointer, value.clone())))
    };
    // It is refused as a manifest, before any signature is judged.
    let null = altered("/dev.sigstore.cosign~1certificate", json!(null));
    let refused = Manifest::parse(null.manifest, None).expect_err("it is refused");
    assert!(refused.starts_with("not a manifest: invalid type: null"), "{refused}");
    let table = [
        (
            "another identity",
            attested(&bench, OTHER, Forge::default()),
            format!("only a keyless signature or attestation by `{OTHER}` of `{GITHUB}`"),
        ),
        ("another Sigstore", theirs, log),
        (
            "no log entry",
            altered("/dev.sigstore.cosign~1bundle", json!("")),
            "expected 1 to 8 log entries".to_owned(),
        ),
        (
            "an entry of another envelope",
            attested(
                &bench,
                IDENTITY,
                Forge::default().body(|body| put(body, "/spec/envelopeHash/value", json!("00"))),
            ),
            "the log entry is not of this signature: it is of the envelope `00`, not of `".to_owned(),
        ),
        (
            "no SCT",
            attested(&bench, IDENTITY, Forge::default().leaf(|leaf| leaf.scts = None)),
            "the certificate has no signed timestamp (SCT) of a certificate log".to_owned(),
        ),
    ];
    for (what, signed, expected) in table {
        let found = asked(&bench, PROVENANCE, &[signed]);
        assert!(found.starts_with(&expected), "{what}: {found}");
    }
    let good = attested(&bench, IDENTITY, Forge::default());
    let found = asked(&bench, "https://spdx.dev/Document", std::slice::from_ref(&good));
    assert_eq!(found, format!("only an attestation of type `{PROVENANCE}`"));
    let subject = airgap_bundle::digest::Digest::of(b"another image");
    let copied = SignedManifest { tag: Some(format!("sha256-{}.att", subject.hex())), ..good };
    let moved =
        verify_attestation(subject, &evidence(&[copied]), PROVENANCE, &requirement(), Some(&bench.root));
    let expected =
        format!("the signature is for another image: expected `{subject}`, found `{}`", bench.image());
    assert_eq!(said(moved.map(airgap_bundle::trust::Verified::into_inner)), expected);
}

#[test]
fn an_attestation_by_key_behind_the_older_tag_is_judged_too() {
    let bench = Bench::new();
    let mut evidence = evidence(&[attested(&bench, IDENTITY, Forge::default())]);
    let nobody = Requirement::Identity(Identity::exact(GITHUB, OTHER));
    let tag = format!("sha256-{}.att", bench.image().hex());
    evidence.retain(|found| found.tag.as_ref() != Some(&tag));
    let manifest = Manifest::parse("{}".into(), Some(MANIFEST)).expect("a manifest");
    evidence.push(Evidence { tag: Some(tag), manifest, blobs: BTreeMap::new() });
    let found = verify_attestation(bench.image(), &evidence, PROVENANCE, &nobody, Some(&bench.root));
    assert_eq!(
        said(found.map(airgap_bundle::trust::Verified::into_inner)),
        "expected 1 to 256 attestations, found 0"
    );
}
