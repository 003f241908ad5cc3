//! What is accepted, and what the lock records of it.

use airgap_bundle::lock::{CertificateSigner, SignatureSeen, Signer};
use airgap_bundle::spec::Identity;
use airgap_bundle::trust::{Requirement, TrustedRoot, verify_attestation, verify_image};

use bundle_testing::internet::sigstore::{Form, GITHUB, PROVENANCE, Signing};

use super::{Bench, IDENTITY, evidence, requirement, said};

const LOG: &str = "b9198ee3a97d8d2affb9462057c29a3c878a8313911b77a0819999101816d726";
const LOG_V2: &str = "482f3aeb4ca9b05a0f9f9406733855b2e1503dfc91fcc08f13f905d6f606b114";

#[test]
fn every_form_is_accepted_and_recorded() {
    let bench = Bench::new();
    let signer = |log_id: &str, log_index, time: &str| {
        Signer::Certificate(CertificateSigner {
            identity: IDENTITY.to_owned(),
            issuer: GITHUB.to_owned(),
            log_id: log_id.to_owned(),
            log_index,
            time: time.to_owned(),
        })
    };
    for (form, expected) in [
        (Form::Tag, SignatureSeen::SimpleSigning { signer: signer(LOG, 4_163_438, "2026-11-01T00:10:02Z") }),
        (
            Form::Bundle,
            SignatureSeen::SigstoreBundle { signer: signer(LOG, 4_163_440, "2026-11-01T00:10:01Z") },
        ),
        (Form::BundleV2, SignatureSeen::SigstoreBundle { signer: signer(LOG_V2, 1, "2026-11-01T00:10:01Z") }),
    ] {
        let verified = bench.verify(&[bench.sign(form, Default::default())]).unwrap();
        assert_eq!((verified.subject, verified.signature), (bench.image(), expected));
    }
}

#[test]
fn an_attestation_is_found_by_its_type_and_its_signer() {
    let bench = Bench::new();
    let sign = |signing| bench.sigstore.sign(&bench.subject, &signing);
    let found = evidence(&[
        bench.sign(Form::Bundle, Default::default()),
        sign(Signing::provenance(Form::BundleV2, IDENTITY)),
    ]);
    let root = Some(&bench.root);
    let verify = |kind, requirement: &Requirement| {
        said(
            verify_attestation(bench.image(), &found, kind, requirement, root)
                .map(|found| found.into_inner()),
        )
    };
    assert_eq!(verify(PROVENANCE, &requirement()), "accepted");
    assert_eq!(
        verify("https://spdx.dev/Document", &requirement()),
        "only an attestation of type `https://sigstore.dev/cosign/sign/v1`, \
         an attestation of type `https://slsa.dev/provenance/v1`"
    );
    let other = Requirement::Identity(Identity::exact(GITHUB, "https://github.com/other"));
    let stranger = format!("only a keyless signature or attestation by `{IDENTITY}` of `{GITHUB}`");
    assert_eq!(verify(PROVENANCE, &other), stranger);
    let none = verify_attestation(bench.image(), &evidence(&[]), PROVENANCE, &requirement(), root);
    assert_eq!(
        none.unwrap_err().to_string(),
        format!("`{}` carries no attestation of type `{PROVENANCE}`", bench.image())
    );
}

#[test]
fn without_the_right_root_nothing_is_accepted() {
    let bench = Bench::new();
    let signed = [bench.sign(Form::Bundle, Default::default())];
    let without = verify_image(bench.image(), &evidence(&signed), &requirement(), None).unwrap_err();
    assert_eq!(
        without.to_string(),
        format!("no trusted root was given to check the keyless signature of `{}` against", bench.image())
    );
    let embedded = TrustedRoot::embedded().unwrap();
    let public = verify_image(bench.image(), &evidence(&signed), &requirement(), Some(&embedded));
    let refused = said(public.map(|found| found.into_inner()));
    assert_eq!(refused, format!("the log `{LOG}` is not in the trusted root"));
}
