//! Signatures over bytes are right only if the real cosign accepts them.

use bundle_testing::internet::sigstore::encoding::public_key_pem;
use bundle_testing::internet::sigstore::key::{Key, Kind};
use bundle_testing::internet::sigstore::{Forge, Form, GITHUB, Signing, Sigstore};
use serde_json::json;

use super::peer::Cosign;

const IDENTITY: &str = "https://github.com/acme/bundles/.github/workflows/sign.yaml@refs/heads/main";
const BYTES: &[u8] = b"{\"schemaVersion\":2}";
const BY_IDENTITY: [&str; 4] = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", GITHUB];

#[test]
fn a_certificates_signature_over_bytes_with_either_rekor() {
    let cosign = Cosign::new();
    let (sigstore, foreign) = (Sigstore::new(), Sigstore::named("foreign"));
    for form in [Form::Bundle, Form::BundleV2] {
        let bundle = sigstore.sign_blob(BYTES, &Signing::new(form, IDENTITY)).to_string();
        let accepts =
            |root: &Sigstore, bytes| cosign.verify_blob(&root.trusted_root(), &bundle, bytes, &BY_IDENTITY);
        assert_eq!(accepts(&sigstore, BYTES), Ok(()), "{form:?}");
        assert!(accepts(&sigstore, b"other").is_err() && accepts(&foreign, BYTES).is_err(), "{form:?}");
    }
    let unlogged =
        Forge::default().stored(|bundle| bundle["verificationMaterial"]["tlogEntries"] = json!([]));
    let unlogged = sigstore.sign_blob(BYTES, &Signing::new(Form::Bundle, IDENTITY).forged(unlogged));
    let refused = cosign.verify_blob(&sigstore.trusted_root(), &unlogged.to_string(), BYTES, &BY_IDENTITY);
    assert!(refused.is_err(), "the log is looked at");
}

#[test]
fn a_keys_signature_over_bytes_that_is_logged() {
    let cosign = Cosign::new();
    let sigstore = Sigstore::new();
    let [key, other] = ["mine", "other"].map(|name| Key::of(Kind::P256, name));
    let bundle = sigstore.sign_blob_by_key(BYTES, &key, &Signing::new(Form::Bundle, IDENTITY)).to_string();
    for (key, accepted) in [(key, true), (other, false)] {
        let path = cosign.write("key.pub", public_key_pem(&key.spki()));
        let said =
            cosign.verify_blob(&sigstore.trusted_root(), &bundle, BYTES, &["--key", &path.to_string_lossy()]);
        assert_eq!(said.is_ok(), accepted, "{said:?}");
    }
}
