//! The private Sigstore is right only if the real cosign accepts what it makes.

use airgap_bundle::spec::Spec;
use bundle_testing::internet::sigstore::{Form, Signing, Sigstore, signings};
use bundle_testing::internet::{Options, start};
use bundle_testing::support::project;

use super::peer::{Cosign, Peer};

const IDENTITY: &str =
    "https://github.com/falcosecurity/falco/.github/workflows/reusable_publish_docker.yaml@refs/tags/0.44.1";
const CHECKED: &str = "Verification for IMAGE --
The following checks were performed on each of these signatures:
  - The cosign claims were validated
  - Existence of the claims in the transparency log was verified offline
  - The code-signing certificate was verified using trusted certificate authority certificates";

async fn is_accepted(signing: Signing) {
    let peer = Peer::new().await;
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
    let peer = Peer::new().await;
    let sigstore = Sigstore::new();
    peer.push(&sigstore.attest_tag(&peer.subject, &Signing::provenance(Form::Bundle, IDENTITY))).await;
    let accepted = peer.verify_attestation(&sigstore.trusted_root(), IDENTITY).await;
    assert!(accepted.as_ref().is_ok_and(|said| said.starts_with(CHECKED)), "{accepted:?}");
    let refused = peer.verify_attestation(&Sigstore::named("foreign").trusted_root(), IDENTITY).await;
    assert!(refused.is_err(), "{refused:?}");
}

#[tokio::test]
async fn two_signers_behind_one_tag() {
    let peer = Peer::new().await;
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
    let cosign = Cosign::new();
    let text = std::fs::read_to_string(project().join("bundles/homelab.yaml")).expect("the spec");
    let spec = Spec::parse(&text, "bundles/homelab.yaml").expect("the shipped spec is valid");
    let upstream = start(&Options { sign: true, ..Options::of(spec) }).await.expect("it starts");
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
