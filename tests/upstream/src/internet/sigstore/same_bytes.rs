//! Signatures are deterministic: a lock of a bundle that was signed here stays valid.

use airgap_bundle::oci::Descriptor;

use super::{Form, Signing, Sigstore, Subject};

const IDENTITY: &str =
    "https://github.com/falcosecurity/falco/.github/workflows/reusable_publish_docker.yaml@refs/tags/0.44.1";

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
