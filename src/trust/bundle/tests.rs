//! What a slot may hold, and what it may not. Certificates and logs have their tests in `tests/fast/signing`.

use std::sync::LazyLock;

use super::signature::*;
use super::signers::BundleSigners;
use crate::digest::Digest;
use crate::trust::keys::encoding::to_base64;
use crate::trust::keys::public_key::PublicKey;
use crate::trust::sigstore::trusted_root::TrustedRoot;
use crate::trust::{BundleRefusal, BundleSignatureError, SigningKey, verify_signatures};

static ROOT: LazyLock<TrustedRoot> = LazyLock::new(|| TrustedRoot::embedded().unwrap());
const INDEX: &[u8] = b"{\"schemaVersion\":2}";

fn slot(key: &SigningKey) -> Vec<u8> {
    BundleSignature::sign(key, INDEX).padded(SLOT).unwrap()
}

fn keys<const N: usize>() -> [SigningKey; N] {
    std::array::from_fn(|_| SigningKey::generate().unwrap())
}

fn signers(keys: &[&SigningKey], threshold: usize) -> BundleSigners {
    BundleSigners::new(keys.iter().map(|key| key.public_key().clone()), [], threshold).unwrap()
}

/// Checks slots, and returns who signed and who else did, or what is wrong.
fn check_all(slots: &[&[u8]], signers: &BundleSigners) -> Result<(Vec<String>, Vec<String>), String> {
    let slots: Vec<_> = slots.iter().enumerate().map(|(at, slot)| (format!("slot {at}"), slot)).collect();
    let signed = verify_signatures(&slots, INDEX, signers, &ROOT);
    signed
        .map(|signed| {
            assert_eq!(signed.bytes(), INDEX);
            let by = signed.by().iter().map(ToString::to_string);
            (by.collect(), signed.others().iter().map(ToString::to_string).collect())
        })
        .map_err(|refusal| match refusal {
            BundleRefusal::Slot { slot, source } => format!("{slot}: {source}"),
            other => other.to_string(),
        })
}

fn named(keys: &[&SigningKey]) -> Vec<String> {
    keys.iter().map(|key| format!("`{}`", key.public_key().hint())).collect()
}

#[test]
fn a_signature_survives_its_slot() {
    let [key, other] = keys();
    let slot = slot(&key);
    assert_eq!(slot.len(), SLOT);
    assert_eq!(BundleSignature::parse(&slot), Ok(BundleSignature::sign(&key, INDEX)));
    assert_eq!(check_all(&[&slot], &signers(&[&other, &key], 1)), Ok((named(&[&key]), vec![])));
}

#[test]
fn the_text_is_cosigns() {
    let [key] = keys();
    let (hint, signature) = (key.public_key().hint(), to_base64(&key.sign(INDEX)));
    let digest = to_base64(Digest::of(INDEX).bytes());
    let text = format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"{hint}"}}}},"messageSignature":{{"messageDigest":{{"algorithm":"SHA2_256","digest":"{digest}"}},"signature":"{signature}"}}}}"#
    );
    assert_eq!(String::from_utf8(slot(&key)).unwrap().trim_end_matches(' '), text);
}

#[test]
fn a_slot_that_is_too_small_is_refused() {
    let [key] = keys();
    let signature = BundleSignature::sign(&key, INDEX);
    let found = signature.padded(SLOT).unwrap().iter().rposition(|byte| *byte != b' ').unwrap() + 1;
    let error = BundleSignatureError::TooLarge { slot: 100, found };
    assert_eq!(error.to_string(), format!("the signature has {found} bytes, its slot only 100"));
    assert_eq!(signature.padded(100), Err(error));
    assert_eq!(signature.padded(found).map(|text| text.len()), Ok(found));
}

#[test]
fn bad_bundle_signatures_are_refused() {
    let [key, other] = keys();
    let (own, strange) = (key.public_key().hint(), other.public_key().hint());
    let good = String::from_utf8(slot(&key)).unwrap().trim_end().to_owned();
    let at = good.len();
    let json: serde_json::Value = serde_json::from_str(&good).unwrap();
    let with = |pointer: &str, name: &str, value: serde_json::Value| {
        let mut json = json.clone();
        json.pointer_mut(pointer).unwrap()[name] = value;
        json.to_string()
    };
    let material = |value: serde_json::Value| with("", "verificationMaterial", value);
    let name = |hint: &str| material(serde_json::json!({"publicKey": {"hint": hint}}));
    let foreign = String::from_utf8(slot(&other)).unwrap();
    let text = |signature: &BundleSignature| String::from_utf8(signature.padded(SLOT).unwrap()).unwrap();
    let (expected, found) = (Digest::of(INDEX), Digest::of(b"other"));
    let not_ours = format!("the signature was not made by the key that it names, `{own}`");
    let trailing =
        |at: usize| format!("the signature is followed by something other than spaces, at byte {at}");
    let not_json = |reason: &str| format!("the signature is not a Sigstore bundle: {reason}");
    let table = [
        (" ".repeat(SLOT + 1) + "x", "the signature has 16386 bytes, its slot only 16384".to_owned()),
        (format!("{good} x"), trailing(at + 1)),
        (format!("{good}\n"), trailing(at)),
        (format!("{good}\0"), trailing(at)),
        (format!("{good}{good}"), trailing(at)),
        ("\0".repeat(SLOT), not_json("expected value at line 1 column 1")),
        (
            "[]".to_owned(),
            not_json("invalid length 0, expected struct Header with 1 element at line 1 column 2"),
        ),
        (with("", "more", 1.into()), not_json("unknown field `more`, expected one of")),
        (good.replacen('{', "{\"mediaType\":\"x\",", 1), not_json("duplicate field `mediaType`")),
        (
            with("", "mediaType", "x".into()),
            "expected a signature of media type `application/vnd.dev.sigstore.bundle.v0.3+json`, found `x`"
                .to_owned(),
        ),
        (
            material(serde_json::json!({})),
            "expected a signature with 1 key or certificate, found 0".to_owned(),
        ),
        (
            with("/verificationMaterial", "certificate", serde_json::json!({})),
            "expected a signature with 1 key or certificate, found 2".to_owned(),
        ),
        (
            material(serde_json::json!({"certificate": {"rawBytes": "AAAA"}})),
            not_json("the signing certificate cannot be read: "),
        ),
        (
            material(serde_json::json!({"x509CertificateChain": {"certificates": []}})),
            not_json("the signing certificate cannot be read: "),
        ),
        (
            with("/verificationMaterial", "tlogEntries", serde_json::json!([{}])),
            not_json("the bundle cannot be read: "),
        ),
        (
            with("", "messageSignature", serde_json::Value::Null),
            "expected a signature with a `messageSignature`, found nothing".to_owned(),
        ),
        (with("/messageSignature", "signature", "".into()), "the signature is empty".to_owned()),
        (with("/messageSignature", "signature", "AA".into()), not_json("not canonical base64")),
        (with("/messageSignature", "signature", "AAAA".into()), not_ours.clone()),
        (
            with("/messageSignature/messageDigest", "algorithm", "SHA2_512".into()),
            "expected a signature over `SHA2_256`, found `SHA2_512`".to_owned(),
        ),
        (
            with("/messageSignature/messageDigest", "digest", "AAAA".into()),
            not_json("expected a digest of 32 bytes, found 3"),
        ),
        (foreign.replace(&strange, &own), not_ours),
        (
            name(&strange),
            format!("expected the signature to name the key that made it, `{own}`, found `{strange}`"),
        ),
        (name(""), format!("expected the signature to name the key that made it, `{own}`, found ``")),
        (
            text(&BundleSignature::sign(&key, b"other")),
            format!("the signature is over other bytes: expected `{expected}`, found `{found}`"),
        ),
        (
            text(&BundleSignature::sign(&other, b"other")),
            format!("the signature is over other bytes: expected `{expected}`, found `{found}`"),
        ),
    ];
    let good = good.into_bytes();
    for (slot, error) in table {
        // Whatever lies beside it.
        for slots in
            [vec![slot.as_bytes()], vec![&good[..], slot.as_bytes()], vec![slot.as_bytes(), &good[..]]]
        {
            let refused = check_all(&slots, &signers(&[&key], 1)).unwrap_err();
            let (_, refused) = refused.split_once(": ").unwrap();
            // Where the JSON reader speaks, its list of fields and its position follow.
            let json = error.starts_with("the signature is not a Sigstore bundle: ");
            assert!(refused == error || json && refused.starts_with(&error), "{refused}\n{error}");
        }
    }
}

#[test]
fn an_empty_slot_has_no_signer() {
    let [key] = keys();
    let (empty, good) = (vec![b' '; SLOT], slot(&key));
    let one = signers(&[&key], 1);
    for slots in [vec![], vec![&empty[..]], vec![&empty, &empty]] {
        assert_eq!(check_all(&slots, &one), Err("the bundle is not signed".to_owned()));
    }
    assert_eq!(check_all(&[&empty, &empty, &good], &one), Ok((named(&[&key]), vec![])));
    assert_eq!(BundleSignature::parse(&empty), Err(BundleSignatureError::Absent));
}

#[test]
fn so_many_distinct_keys_have_to_have_signed() {
    let [first, second, third] = keys();
    let [one, two, three] = [&first, &second, &third].map(slot);
    let all = named(&[&first, &second, &third]);
    let [a, b, c] = &all[..] else { panic!("three") };
    let two_of_three = signers(&[&first, &second, &third], 2);
    assert_eq!(check_all(&[&three, &one], &two_of_three), Ok((named(&[&third, &first]), vec![])));
    assert_eq!(check_all(&[&one, &two, &three], &two_of_three), Ok((all.clone(), vec![])));
    let given_twice = signers(&[&first, &first, &second], 2);
    let first_only = signers(&[&first], 1);
    for (slots, signers, error) in [
        (
            vec![&one],
            &two_of_three,
            format!("expected the bundle to be signed by 2 of {a}, {b}, {c}, found 1: {a}"),
        ),
        (
            vec![&one, &one],
            &two_of_three,
            format!("expected the bundle to be signed by 2 of {a}, {b}, {c}, found 1: {a}"),
        ),
        (
            vec![&one, &one],
            &given_twice,
            format!("expected the bundle to be signed by 2 of {a}, {b}, found 1: {a}"),
        ),
        (
            vec![&one, &three],
            &given_twice,
            format!(
                "expected the bundle to be signed by 2 of {a}, {b}, found 1: {a}; also signed by {c} (not verified), not asked for"
            ),
        ),
        (
            vec![&two],
            &first_only,
            format!(
                "expected the bundle to be signed by {a}, found none; also signed by {b} (not verified), not asked for"
            ),
        ),
    ] {
        let slots: Vec<_> = slots.into_iter().map(Vec::as_slice).collect();
        assert_eq!(check_all(&slots, signers), Err(error));
    }
}

#[test]
fn a_strangers_slot_beside_a_good_one_is_set_aside() {
    let [key, other] = keys();
    let (good, strange) = (slot(&key), slot(&other));
    let aside = vec![format!("also signed by {} (not verified), not asked for", named(&[&other])[0])];
    for slots in [[&good[..], &strange], [&strange, &good]] {
        assert_eq!(check_all(&slots, &signers(&[&key], 1)), Ok((named(&[&key]), aside.clone())));
    }
    let nameless = String::from_utf8(strange).unwrap().replace(&other.public_key().hint(), "\\u001b[2J");
    let aside = "also signed by `\\u{1b}[2J` (not verified), not asked for".to_owned();
    let read = check_all(&[&good, nameless.as_bytes()], &signers(&[&key], 1));
    assert_eq!(read, Ok((named(&[&key]), vec![aside])), "what a stranger writes reaches no terminal");
}

#[test]
fn every_flipped_byte_of_a_slot_is_refused() {
    let [key, other] = keys();
    let (good, beside) = (slot(&key), slot(&other));
    let both = signers(&[&key, &other], 1);
    let text = good.iter().rposition(|byte| *byte != b' ').unwrap();
    for at in (0..text + 20).chain([SLOT - 1]) {
        for flip in [0x01, 0x20, b' ' ^ b'\n', b' ' ^ b'\t', 0xff] {
            let mut altered = good.clone();
            altered[at] ^= flip;
            assert!(check_all(&[&altered], &both).is_err(), "byte {at} xor {flip:#x}");
        }
        let mut altered = good.clone();
        altered[at] ^= 0x01;
        assert!(check_all(&[&beside, &altered], &both).is_err(), "byte {at}, beside a good signature");
    }
}

#[test]
fn the_other_half_of_s_is_the_same_signature() {
    let [key] = keys();
    let low = p256::ecdsa::Signature::from_der(&key.sign(INDEX)).unwrap();
    let high = p256::ecdsa::Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
    let [low, high] = [low, high].map(|half| to_base64(half.to_der().as_bytes()));
    let text = String::from_utf8(slot(&key)).unwrap().trim_end().replace(&low, &high);
    assert!(text.contains(&high), "cosign makes either half, so either is taken");
    assert_eq!(check_all(&[text.as_bytes()], &signers(&[&key], 1)), Ok((named(&[&key]), vec![])));
}

#[test]
fn a_key_is_compared_whatever_its_text() {
    let [key] = keys();
    let pem = key.public_key().to_pem().replace('\n', "\r\n");
    let again = PublicKey::from_pem(&pem).unwrap();
    assert!(BundleSigners::new([key.public_key().clone(), again], [], 2).is_err());
}
