//! A changed byte in the slot of an expected signer is refused as a bad signature, not as a stranger's.
//!
//! What no signature covers is left out: within a timestamp (RFC 3161), the copy of the authority's certificate and the names of
//! algorithms. There, a changed byte may stay, but changes neither who signed nor when.

use airgap_bundle::lock::Signer;
use airgap_bundle::spec::Identity;
use airgap_bundle::trust::{BundleRefusal, BundleSigners, TrustedRoot, verify_signatures};

use bundle_testing::internet::sigstore::{Form, GITHUB, Signing, Sigstore};
use bundle_testing::signing::{IDENTITY, padded};

const INDEX: &[u8] = b"{\"schemaVersion\":2}";
/// Every byte would take minutes.
const STEP: usize = 5;

#[test]
fn a_flipped_byte_of_a_keyless_slot_is_refused() {
    let sigstore = Sigstore::new();
    let root = TrustedRoot::parse(sigstore.trusted_root().as_bytes()).expect("a root");
    let signers = BundleSigners::new([], [Identity::exact(GITHUB, IDENTITY)], 1).expect("one signer");
    let judge = |slot: &[u8]| -> Result<Vec<Signer>, BundleRefusal> {
        let signed = verify_signatures(&[("slot".to_owned(), slot)], INDEX, &signers, &root)?;
        Ok(signed.by().to_vec())
    };
    let mut unnoticed = Vec::new();
    for form in [Form::Bundle, Form::BundleV2] {
        let text = sigstore.sign_blob(INDEX, &Signing::new(form, IDENTITY)).to_string();
        let (slot, token) = (padded(&text), token(&text));
        let by = judge(&slot).expect("it is good");
        let all = (0..text.len() + 2).chain([slot.len() - 1]);
        for at in all.filter(|at| {
            at % STEP == 0 || text.as_bytes().get(*at).is_none_or(|byte| !byte.is_ascii_alphanumeric())
        }) {
            let mut altered = slot.clone();
            altered[at] ^= 0x01;
            match judge(&altered) {
                Err(BundleRefusal::Slot { .. }) => {}
                Ok(found) if token.contains(&at) => assert_eq!(found, by, "{form:?}, byte {at}"),
                other => {
                    let (start, end) = (at.saturating_sub(60), (at + 20).min(slot.len()));
                    unnoticed.push(format!(
                        "{form:?} {at} {other:?}: {}",
                        String::from_utf8_lossy(&slot[start..end])
                    ));
                }
            }
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

/// Returns where the timestamp is.
fn token(text: &str) -> std::ops::Range<usize> {
    let name = "\"signedTimestamp\":\"";
    let start = text.find(name).expect("a timestamp") + name.len();
    let length = text[start..].find('"').expect("its end");
    start..start + length
}
