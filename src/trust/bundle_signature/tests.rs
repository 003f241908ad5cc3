//! What a slot may hold, and what it may not.

use super::*;

const INDEX: &[u8] = b"{\"schemaVersion\":2}";

fn slot(key: &SigningKey) -> Vec<u8> {
    BundleSignature::sign(key, INDEX).padded(SLOT).unwrap()
}

/// Reads and checks a slot, and returns the name of the key, or what is wrong.
fn check(slot: &[u8], keys: &[PublicKey]) -> Result<String, String> {
    BundleSignature::parse(slot)
        .and_then(|signature| signature.verify(INDEX, keys).map(|signed| signed.hint().to_owned()))
        .map_err(|error| error.to_string())
}

#[test]
fn a_signature_survives_its_slot() {
    let [key, other] = [SigningKey::generate().unwrap(), SigningKey::generate().unwrap()];
    let slot = slot(&key);
    assert_eq!(slot.len(), SLOT);
    assert_eq!(BundleSignature::parse(&slot), Ok(BundleSignature::sign(&key, INDEX)));
    let keys = [other.public_key().clone(), key.public_key().clone()];
    assert_eq!(check(&slot, &keys), Ok(key.public_key().hint()));
}

#[test]
fn the_text_is_cosigns() {
    let key = SigningKey::generate().unwrap();
    let (hint, signature) = (key.public_key().hint(), crate::trust::encoding::to_base64(&key.sign(INDEX)));
    let digest = crate::trust::encoding::to_base64(Digest::of(INDEX).bytes());
    let text = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"{hint}"}}}},"messageSignature":{{"messageDigest":{{"algorithm":"SHA2_256","digest":"{digest}"}},"signature":"{signature}"}}}}"#
    );
    assert_eq!(String::from_utf8(slot(&key)).unwrap().trim_end_matches(' '), text);
}

#[test]
fn a_slot_that_is_too_small_is_refused() {
    let signature = BundleSignature::sign(&SigningKey::generate().unwrap(), INDEX);
    let found = signature.padded(SLOT).unwrap().iter().rposition(|byte| *byte != b' ').unwrap() + 1;
    let error = BundleSignatureError::TooLarge { slot: 100, found };
    assert_eq!(error.to_string(), format!("the bundle's signature has {found} bytes, its slot only 100"));
    assert_eq!(signature.padded(100), Err(error));
    assert_eq!(signature.padded(found).map(|text| text.len()), Ok(found));
}

#[test]
fn bad_bundle_signatures_are_refused() {
    let [key, other] = [SigningKey::generate().unwrap(), SigningKey::generate().unwrap()];
    let (own, strange) = (key.public_key().hint(), other.public_key().hint());
    let keys = [key.public_key().clone()];
    let good = String::from_utf8(slot(&key)).unwrap().trim_end().to_owned();
    let at = good.len();
    let json: serde_json::Value = serde_json::from_str(&good).unwrap();
    let with = |pointer: &str, name: &str, value: serde_json::Value| {
        let mut json = json.clone();
        json.pointer_mut(pointer).unwrap()[name] = value;
        json.to_string()
    };
    let foreign = BundleSignature::sign(&other, INDEX);
    let renamed = BundleSignature { hint: own.clone(), ..foreign.clone() };
    let text = |signature: &BundleSignature| String::from_utf8(signature.padded(SLOT).unwrap()).unwrap();
    let (expected, found) = (Digest::of(INDEX), Digest::of(b"other"));
    let table = [
        (" ".repeat(SLOT), "the bundle is not signed".to_owned()),
        (String::new(), "the bundle is not signed".to_owned()),
        (" ".repeat(SLOT + 1), "the bundle's signature has 16385 bytes, its slot only 16384".to_owned()),
        (format!("{good} x"), format!("the bundle's signature is followed by something other than spaces, at byte {}", at + 1)),
        (format!("{good}\n"), format!("the bundle's signature is followed by something other than spaces, at byte {at}")),
        (format!("{good}{good}"), format!("the bundle's signature is followed by something other than spaces, at byte {at}")),
        ("\0".repeat(SLOT), "the bundle's signature is not a Sigstore bundle: expected value at line 1 column 1".to_owned()),
        (with("", "more", 1.into()), "unknown field `more`".to_owned()),
        (with("", "mediaType", "x".into()), "expected a bundle signature of media type `application/vnd.dev.sigstore.bundle.v0.3+json`, found `x`".to_owned()),
        (with("/verificationMaterial", "certificate", serde_json::json!({})), "keyless signature of a bundle: not supported yet (found `certificate`)".to_owned()),
        (with("/verificationMaterial", "tlogEntries", serde_json::json!([])), "keyless signature of a bundle: not supported yet (found `tlogEntries`)".to_owned()),
        (with("", "verificationMaterial", serde_json::json!({})), "the bundle's signature names no public key".to_owned()),
        (with("", "messageSignature", serde_json::Value::Null), "expected a bundle signature with a `messageSignature`, found nothing".to_owned()),
        (with("/messageSignature", "signature", "".into()), "the bundle's signature is empty".to_owned()),
        (with("/messageSignature", "signature", "AA".into()), "not canonical base64".to_owned()),
        (with("/messageSignature", "signature", "AAAA".into()), format!("the bundle's signature was not made by the key that it names, `{own}`")),
        (with("/messageSignature/messageDigest", "algorithm", "SHA2_512".into()), "expected a bundle signature over `SHA2_256`, found `SHA2_512`".to_owned()),
        (with("/messageSignature/messageDigest", "digest", "AAAA".into()), "the bundle's signature is not a Sigstore bundle: expected a digest of 32 bytes, found 3".to_owned()),
        (text(&foreign), format!("the bundle is signed by another key: expected `{own}`, found `{strange}`")),
        (text(&renamed), format!("the bundle's signature was not made by the key that it names, `{own}`")),
        (text(&BundleSignature::sign(&key, b"other")), format!("the bundle's signature is over other bytes: expected `{expected}`, found `{found}`")),
    ];
    for (slot, error) in table {
        let refused = check(slot.as_bytes(), &keys).unwrap_err();
        // Where the JSON reader speaks, its list of fields and its position follow.
        let json = refused.strip_prefix("the bundle's signature is not a Sigstore bundle: ");
        assert!(refused == error || json.is_some_and(|json| json.starts_with(&error)), "{refused}\n{error}");
    }
    assert_eq!(
        check(good.as_bytes(), &[]),
        Err("no public key was given to check the bundle's signature against".to_owned())
    );
}

#[test]
fn every_flipped_byte_of_a_slot_is_refused() {
    let key = SigningKey::generate().unwrap();
    let (slot, keys) = (slot(&key), [key.public_key().clone()]);
    let text = slot.iter().rposition(|byte| *byte != b' ').unwrap();
    for at in (0..text + 20).chain([SLOT - 1]) {
        for flip in [0x01, 0x20, b' ' ^ b'\n', b' ' ^ b'\t', 0xff] {
            let mut altered = slot.clone();
            altered[at] ^= flip;
            assert!(check(&altered, &keys).is_err(), "byte {at} xor {flip:#x}");
        }
    }
}
