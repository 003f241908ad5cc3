//! The private Sigstore is right only if the real cosign accepts what it makes.
//!
//! Cosign is taken from the folder of built parts. Where it is not there, a test says so and passes, except on CI.

use airgap_bundle::oci::Descriptor;

use super::super::upstream_is_like_upstream::homelab;
use super::super::{Options, start};
use super::peer::{Cosign, Peer};
use super::{Form, Signing, Sigstore, Subject, signings};

const IDENTITY: &str =
    "https://github.com/falcosecurity/falco/.github/workflows/reusable_publish_docker.yaml@refs/tags/0.44.1";
const CHECKED: &str = "Verification for IMAGE --
The following checks were performed on each of these signatures:
  - The cosign claims were validated
  - Existence of the claims in the transparency log was verified offline
  - The code-signing certificate was verified using trusted certificate authority certificates";

async fn is_accepted(signing: Signing) {
    let Some(peer) = Peer::new().await else { return };
    let sigstore = Sigstore::new();
    let root = sigstore.trusted_root();
    peer.push(&sigstore.sign(&peer.subject, &signing)).await;
    assert_eq!(peer.verify(&root, IDENTITY).await, Ok(CHECKED.to_owned()));
    peer.without_referrers();
    assert_eq!(peer.verify(&root, IDENTITY).await, Ok(CHECKED.to_owned()));
    let foreign = Sigstore::named("foreign").trusted_root();
    for (root, identity) in [(foreign.as_str(), IDENTITY), (&root, &IDENTITY[1..])] {
        let said = peer.verify(root, identity).await;
        assert!(said.is_err(), "{said:?}");
    }
}

#[tokio::test]
async fn a_signature_tag() {
    is_accepted(Signing::new(Form::Tag, IDENTITY)).await;
}

#[tokio::test]
async fn a_bundle_with_the_first_rekor() {
    is_accepted(Signing { stamped: false, ..Signing::new(Form::Bundle, IDENTITY) }).await;
}

#[tokio::test]
async fn a_bundle_with_the_first_rekor_and_a_timestamp() {
    is_accepted(Signing::new(Form::Bundle, IDENTITY)).await;
}

#[tokio::test]
async fn a_bundle_with_the_second_rekor() {
    is_accepted(Signing::new(Form::BundleV2, IDENTITY)).await;
}

#[tokio::test]
async fn provenance_too_because_cosign_does_not_look_at_the_predicate() {
    is_accepted(Signing::provenance(Form::Bundle, IDENTITY)).await;
    is_accepted(Signing::provenance(Form::BundleV2, IDENTITY)).await;
}

#[tokio::test]
async fn an_attestation_tag() {
    let Some(peer) = Peer::new().await else { return };
    let sigstore = Sigstore::new();
    peer.push(&sigstore.attest_tag(&peer.subject, &Signing::provenance(Form::Bundle, IDENTITY))).await;
    let accepted = peer.verify_attestation(&sigstore.trusted_root(), IDENTITY).await;
    assert!(accepted.as_ref().is_ok_and(|said| said.starts_with(CHECKED)), "{accepted:?}");
    let refused = peer.verify_attestation(&Sigstore::named("foreign").trusted_root(), IDENTITY).await;
    assert!(refused.is_err(), "{refused:?}");
}

#[tokio::test]
async fn two_signers_behind_one_tag() {
    let Some(peer) = Peer::new().await else { return };
    let sigstore = Sigstore::new();
    let other =
        Signing::new(Form::Tag, "https://github.com/other/other/.github/workflows/a.yaml@refs/tags/1");
    peer.push(&sigstore.sign_tag(&peer.subject, &[other.clone(), Signing::new(Form::Tag, IDENTITY)])).await;
    for identity in [IDENTITY, &other.identity] {
        assert_eq!(peer.verify(&sigstore.trusted_root(), identity).await, Ok(CHECKED.to_owned()));
    }
}

#[tokio::test]
async fn whatever_upstream_signs_and_nothing_else() {
    let Some(cosign) = Cosign::new() else { return };
    let upstream = start(&Options { sign: true, ..Options::of(homelab()) }).await.expect("it starts");
    let (root, mut forms) = (Sigstore::new().trusted_root(), Vec::new());
    for item in &upstream.published {
        let reference = &item.reference;
        let address = upstream.addresses[reference.registry()];
        let image = format!("{address}/{}@{}", reference.repository(), item.digest);
        let made = signings(reference);
        for signing in &made {
            let said = cosign.verify(&root, &signing.identity, &image).await;
            assert_eq!(said, Ok(CHECKED.to_owned()), "{reference}");
        }
        if made.is_empty() {
            let said = cosign.verify(&root, IDENTITY, &image).await;
            assert_eq!(said.map_err(|said| said.contains("no signatures found")), Err(true), "{reference}");
        }
        forms.push(made.len());
    }
    assert_eq!(forms, [0, 2, 1, 2, 1, 2, 1, 1, 1, 0, 0, 0, 1, 1]);
}

#[test]
fn the_same_signing_gives_the_same_bytes() {
    let descriptor = Descriptor::of("application/json", b"{}");
    let subject = Subject { descriptor, repository: "registry.test/image".to_owned() };
    let digest = |form| Sigstore::new().sign(&subject, &Signing::new(form, IDENTITY)).descriptor.digest.hex();
    assert_eq!(
        [Form::Tag, Form::Bundle, Form::BundleV2].map(digest),
        [
            "14ccdbb2def4658d1abfccae3d876ac39c367add18cf22ae957638146c403177",
            "96cdbfccb73a7538ac364aabaea31032178482ac452d2717baf3ac362c656d4b",
            "1a0991794c925436af59660ef9a5c8ed88c4b2152f6dec30861ad4f0dfd745c4",
        ]
    );
}
