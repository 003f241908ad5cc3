//! The private Sigstore is right only if the real cosign accepts what it makes, and refuses what is changed.
//!
//! Cosign is taken from the folder of built parts. Where it is not there, a test says so and passes, except on CI.

use super::peer::Peer;
use super::{Form, Signing, Sigstore};

const IDENTITY: &str =
    "https://github.com/falcosecurity/falco/.github/workflows/reusable_publish_docker.yaml@refs/tags/0.44.1";

async fn accepted(signing: &Signing) {
    let Some(peer) = Peer::new().await else { return };
    let sigstore = Sigstore::new();
    peer.push(&sigstore.sign(&peer.subject, signing)).await;
    let said = peer.verify(&sigstore.trusted_root(), IDENTITY).await;
    assert!(said.accepted, "{}", said.text);
    peer.without_referrers();
    let said = peer.verify(&sigstore.trusted_root(), IDENTITY).await;
    assert!(said.accepted, "without a referrers API: {}", said.text);
    let said = peer.verify(&Sigstore::named("other").trusted_root(), IDENTITY).await;
    assert!(!said.accepted, "with a foreign root: {}", said.text);
    let said = peer.verify(&sigstore.trusted_root(), &format!("{IDENTITY}0")).await;
    assert!(!said.accepted, "of a foreign identity: {}", said.text);
}

#[tokio::test]
async fn a_signature_tag() {
    accepted(&Signing::new(Form::Tag, IDENTITY)).await;
}

#[tokio::test]
async fn a_bundle_with_the_first_rekor() {
    accepted(&Signing { stamped: false, ..Signing::new(Form::Bundle, IDENTITY) }).await;
}

#[tokio::test]
async fn a_bundle_with_the_first_rekor_and_a_timestamp() {
    accepted(&Signing::new(Form::Bundle, IDENTITY)).await;
}

#[tokio::test]
async fn a_bundle_with_the_second_rekor() {
    accepted(&Signing::new(Form::BundleV2, IDENTITY)).await;
}
