//! What is not signed as its policy demands is refused, and what cannot be looked at is not taken for absent.

use airgap_bundle::oci;
use serde_json::Value;

use super::signed::{Form, Signed};
use bundle_testing::internet::{Answer, Fault};
use bundle_testing::tiny::IMAGE;

#[test]
fn a_signature_by_another_key_is_refused() {
    let signed = Signed::new(&["cosign"]);
    let stranger = signed.tiny.stack.keys("strangers").public_key().hint();
    signed.sign(signed.image, "strangers", Form::Tag);
    insta::assert_snapshot!(signed.refused(1).replace(&stranger, "[strangers]"), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - `docker.io/falcosecurity/falco:0.44.1` does not meet its policy: `[digest 1]` carries no signature by `[theirs]`, only a signature by an unknown key

        hint: do not take this content; if upstream changed its signer, change the policy in the spec
        ");
    signed.sign(signed.image, "strangers", Form::Bundle);
    insta::assert_snapshot!(signed.refused(1).replace(&stranger, "[strangers]"), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - `docker.io/falcosecurity/falco:0.44.1` does not meet its policy: `[digest 1]` carries no signature by `[theirs]`, only a signature by an unknown key, a signature or attestation by `[strangers]`

        hint: do not take this content; if upstream changed its signer, change the policy in the spec
        ");
}

#[test]
fn a_signature_tag_that_was_copied_from_another_image_is_refused() {
    let signed = Signed::new(&["cosign"]);
    signed.sign(signed.child(), "theirs", Form::Tag);
    let repository = signed.tiny.repository(IMAGE);
    let tag = |digest: &airgap_bundle::digest::Digest| format!("sha256-{}.sig", digest.hex());
    let found = signed.tiny.stack.block_on(repository.manifest(&tag(&signed.child())));
    let found = found.expect("an answer").expect("a signature");
    let tag = tag(&signed.image);
    let put = repository.put_manifest(&tag, oci::MANIFEST, found.bytes);
    signed.tiny.stack.block_on(put).expect("it is taken");
    insta::assert_snapshot!(signed.refused(1), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - `docker.io/falcosecurity/falco:0.44.1` does not meet its policy: `[digest 1]` carries a bad signature, in the manifest `[digest 2]`: the signature is for another image: expected `[digest 1]`, found `[digest 3]`

        hint: do not take this content; if upstream changed its signer, change the policy in the spec
        ");
}

#[test]
fn a_sigstore_bundle_that_was_copied_from_another_image_is_refused() {
    let signed = Signed::new(&["cosign"]);
    signed.sign(signed.child(), "theirs", Form::Bundle);
    let repository = signed.tiny.repository(IMAGE);
    let listed = signed.tiny.stack.block_on(repository.referrers(&signed.child()));
    let listed = listed.expect("an answer").expect("a list");
    let found = signed.tiny.stack.block_on(repository.manifest(&listed[0].digest.to_string()));
    let found = found.expect("an answer").expect("a referrer");
    let mut value: Value = serde_json::from_slice(&found.bytes).expect("JSON");
    value["subject"]["digest"] = signed.image.to_string().into();
    let bytes = value.to_string();
    let digest = airgap_bundle::digest::Digest::of(bytes.as_bytes()).to_string();
    let put = repository.put_manifest(&digest, oci::MANIFEST, bytes.into());
    signed.tiny.stack.block_on(put).expect("it is taken");
    insta::assert_snapshot!(signed.refused(1), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - `docker.io/falcosecurity/falco:0.44.1` does not meet its policy: `[digest 1]` carries a bad signature, in the manifest `[digest 2]`: the signature is for another image: expected `[digest 1]`, found `[digest 3]`

        hint: do not take this content; if upstream changed its signer, change the policy in the spec
        ");
}

#[test]
fn a_failure_while_looking_for_a_signature_is_not_its_absence() {
    let signed = Signed::new(&["cosign"]);
    signed.sign(signed.image, "theirs", Form::Tag);
    let front = signed.tiny.front("docker.io");
    front.fault(Fault::reading(format!("sha256-{}.sig", signed.image.hex()), Answer::Status(500)));
    let said = signed.refused(2).replace(&signed.image.hex(), "[hex]");
    insta::assert_snapshot!(said, @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `docker.io/falcosecurity/falco:0.44.1`: `docker.io/falcosecurity/falco:sha256-[hex].sig`: `http://[docker.io]/v2/falcosecurity/falco/manifests/sha256-[hex].sig` answered 500, expected 200: FAULT laid by a test

        hint: the registry failed: run the same command again later
        ");
    front.heal();
    signed.tiny.stack.bundle(signed.tiny.lock()).ok();
}

#[test]
fn a_bundle_from_which_the_signature_was_taken_is_refused() {
    let signed = Signed::new(&["cosign"]);
    signed.sign(signed.image, "theirs", Form::Tag);
    signed.tiny.stack.bundle(signed.tiny.lock()).ok();
    let front = signed.tiny.front("docker.io");
    front.fault(Fault::reading(format!("sha256-{}.sig", signed.image.hex()), Answer::Status(404)));
    let said = signed.tiny.fails(1, signed.tiny.build());
    assert_eq!(said.replace(&signed.hint, "[theirs]"), signed.refused(1));
}
