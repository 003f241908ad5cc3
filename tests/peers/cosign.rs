//! Keys and signatures against the real cosign, in both directions, and against a real registry.

mod peer;

use std::fs;

use airgap_bundle::lock::{SignatureSeen, Signer};
use airgap_bundle::trust::{
    BundleSignature, BundleSigners, Claimed, PublicKey, Requirement, SLOT, TrustedRoot, sign_image,
    verify_image, verify_signatures,
};

use peer::{NO_LOG, Peer, Registry};

#[test]
fn key_files_open_on_both_sides() {
    let peer = Peer::new();
    let theirs = peer.cosigns_key();
    let public = fs::read_to_string(peer.path("cosign.pub")).unwrap();
    assert_eq!(theirs.public_key().to_pem(), public);
    assert_eq!(PublicKey::from_pem(&public).as_ref(), Ok(theirs.public_key()));

    let ours = peer.our_key();
    let public = peer.run("cosign", &["public-key", "--key", "ours.key"]);
    assert_eq!(String::from_utf8(public).unwrap().trim(), ours.public_key().to_pem().trim());
}

#[test]
fn cosign_takes_our_signature_of_a_bundle() {
    let peer = Peer::new();
    let (key, index) = (peer.our_key(), b"{\"schemaVersion\":2}");
    peer.write("index.json", index);
    peer.write("other.json", "{}");
    peer.write("slot.json", BundleSignature::sign(&key, index).padded(SLOT).unwrap());
    peer.cosigns_key();
    let verify = |public, file| {
        let flags = ["verify-blob", "--key", public, "--bundle", "slot.json", "--insecure-ignore-tlog", file];
        let output = peer.command("cosign", &flags).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).contains("Verified OK"))
    };
    assert_eq!(verify("ours.pub", "index.json"), (true, true));
    assert_eq!(verify("ours.pub", "other.json"), (false, false));
    assert_eq!(verify("cosign.pub", "index.json"), (false, false));
}

#[test]
fn cosigns_signature_of_a_blob_is_taken() {
    let peer = Peer::new();
    let (key, index) = (peer.cosigns_key(), b"{\"schemaVersion\":2}");
    peer.write("index.json", index);
    let signers = BundleSigners::new([key.public_key().clone()], [], 1).unwrap();
    let (root, mut halves) = (TrustedRoot::embedded().unwrap(), [false; 2]);
    // Go makes either half of `s`, each as often: forty of one half only do not happen.
    for _ in 0..40 {
        let flags =
            [&["sign-blob"], NO_LOG.as_slice(), &["--key", "cosign.key", "--bundle", "b.json", "index.json"]];
        peer.run("cosign", &flags.concat());
        let bundle = fs::read(peer.path("b.json")).unwrap();
        let signature = BundleSignature::parse(&bundle).unwrap();
        assert_eq!(signature.claimed(), &Claimed::Key(key.public_key().hint()));
        let slot = [("b.json".to_owned(), signature.padded(SLOT).unwrap())];
        let signed = verify_signatures(&slot, index, &signers, &root).unwrap();
        assert_eq!(signed.by(), [Signer::Key(key.public_key().hint())]);
        halves[usize::from(is_high(&bundle))] = true;
        if halves == [true; 2] {
            return;
        }
    }
    panic!("one half of `s` only: {halves:?}");
}

/// Tells whether the `s` of a bundle's signature is in the upper half of the group.
fn is_high(bundle: &[u8]) -> bool {
    let json: serde_json::Value = serde_json::from_slice(bundle).unwrap();
    let text = json["messageSignature"]["signature"].as_str().unwrap();
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap();
    let signature = p256::ecdsa::Signature::from_der(&der).unwrap();
    signature.normalize_s() != signature
}

#[test]
fn cosigns_signatures_of_an_image_are_taken() {
    let peer = Peer::new();
    let key = peer.cosigns_key();
    let requirement = Requirement::Key(key.public_key().clone());
    let signer = Signer::Key(key.public_key().hint());
    let registry = Registry::start(&peer);
    let subject = registry.image();
    let name = registry.reference(&format!("@{subject}"));
    let sign = |more: &[&str]| {
        let flags = [&["sign"], NO_LOG.as_slice(), more, &["--key", "cosign.key", &name]];
        peer.run("cosign", &flags.concat());
    };

    sign(&["--new-bundle-format=false"]);
    let tag = registry.stored(&format!(":sha256-{}.sig", subject.hex()));
    let evidence = [tag];
    let seen = verify_image(subject, &evidence, &requirement, None).unwrap().into_inner().signature;
    assert_eq!(seen, SignatureSeen::SimpleSigning { signer: signer.clone() });

    sign(&[]);
    let evidence = registry.referrers(subject);
    let seen = verify_image(subject, &evidence, &requirement, None).unwrap().into_inner().signature;
    assert_eq!(seen, SignatureSeen::SigstoreBundle { signer });
}

#[test]
fn cosigns_attestation_is_not_a_signature() {
    let peer = Peer::new();
    let key = peer.cosigns_key();
    let requirement = Requirement::Key(key.public_key().clone());
    let registry = Registry::start(&peer);
    let subject = registry.image();
    let name = registry.reference(&format!("@{subject}"));
    peer.write("predicate.json", "{}");
    let about = ["--predicate", "predicate.json", "--type", "slsaprovenance1", "--key", "cosign.key", &name];
    peer.run("cosign", &[&["attest"], NO_LOG.as_slice(), &about].concat());
    let evidence = registry.referrers(subject);
    assert_eq!(
        verify_image(subject, &evidence, &requirement, None).unwrap_err().to_string(),
        format!(
            "`{subject}` carries no signature by `{}`, only an attestation of type `https://slsa.dev/provenance/v1`",
            key.public_key().hint()
        )
    );
}

#[test]
fn cosign_takes_our_signature_of_an_image() {
    let peer = Peer::new();
    let key = peer.our_key();
    let registry = Registry::start(&peer);
    let subject = registry.image();
    let signature = sign_image(&key, subject, &registry.reference(""));
    registry.push(&signature);

    let name = registry.reference(&format!("@{subject}"));
    let said = peer.run("cosign", &["verify", "--key", "ours.pub", "--insecure-ignore-tlog=true", &name]);
    assert!(String::from_utf8_lossy(&said).contains(&subject.to_string()));

    let stored = registry.stored(&format!(":{}", signature.tag()));
    assert_eq!(stored.manifest, signature.manifest);
    assert!(verify_image(subject, &[stored], &Requirement::Key(key.public_key().clone()), None).is_ok());

    peer.cosigns_key();
    let other = ["verify", "--key", "cosign.pub", "--insecure-ignore-tlog=true", &name];
    let refused = peer.refused("cosign", &other);
    assert!(refused.contains("invalid signature"), "{refused}");
}
