//! Key files of cosign, and what is wrong with others.

use super::*;
use crate::trust::keys::public_key::PublicKey;
use crate::trust::keys::signer::SigningKey;

/// Made by cosign 3.1.3; the password is `pw`.
const COSIGN: &str = "\
-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiJITUxGTHhGdFdLdzF4QjNPK2RCMmhoK3d2bHdGWWlM
UExzZGtSRUxhelE4PSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJjMFBGSWxFcWUzT211d1V3VFZLQnpRZEJqNlE2bThVQyJ9LCJj
aXBoZXJ0ZXh0IjoibHZiWWJyaTBYU2EvUmVmUVJjVmRUa0ZaNk9oV2FFVStncDNj
c2RGTDN2MnBFYWQ3K1VSWE0rMy9hZGhXcEN0M0dIckV1bk1pdXhrTmtBKzFwczI3
U2lCL0RLQ2dqc0VUM0JveDRvUmdDSnBiTjZYVFhLUllPQ3lJaVZkbHZYdUlOS1pi
bkxJb0FEdjJJS1VEWDdkUW03bWJ5WkVpWWZURWQ2REs0NlBwQVJSUVFaaXhObnFn
bGh1WTlHbXNOV1J0N1dYUEFjaWFwZXA3dVE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
";
const COSIGN_PUBLIC: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUjjBBdQZruNs7KmxXmxxYKGunolv
aR109XJLNep+RYC1Dox6NNTqBf9n/gvoeTgtcpibFVsHfAyH6dQZxNhR9Q==
-----END PUBLIC KEY-----
";
/// An Ed25519 key that cosign imported; the password is `pw`.
const ED25519: &str = "\
-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----
eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6
OCwicCI6MX0sInNhbHQiOiIvZEgwMEU2dmNDSS9hY3M0Qy9mRnYwMU1OTkVRREw2
UnRuUEdhWGh3S1Y4PSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94
Iiwibm9uY2UiOiJrb0FXSCtOTUlwMTZyNFNrNko3aHVKdDJ6ekpDUk9XcSJ9LCJj
aXBoZXJ0ZXh0IjoiYWVsZUkzSVUzM0o3aFhXU0FHNUJLVjBhU0FoQkFTTXBqQ0M2
SGZJQnNDSlpsaVVXWm14UlNqcERiSCtDRVB0ejlJdlNoem1kL2R0Q2NkS0FmWElG
ZUE9PSJ9
-----END ENCRYPTED SIGSTORE PRIVATE KEY-----
";

fn json() -> serde_json::Value {
    serde_json::from_slice(&pem::decode(COSIGN, LABEL, &[]).unwrap()).unwrap()
}

fn file(json: &serde_json::Value) -> String {
    pem::encode(LABEL, json.to_string().as_bytes()).unwrap()
}

#[test]
fn a_key_file_of_cosign_opens_under_both_labels() {
    let expected = PublicKey::from_pem(COSIGN_PUBLIC).unwrap();
    for text in [COSIGN.to_owned(), COSIGN.replace("SIGSTORE", "COSIGN")] {
        assert_eq!(
            SigningKey::from_pem(&text, b"pw").map(|key| key.public_key().clone()),
            Ok(expected.clone())
        );
    }
}

#[test]
fn a_key_survives_its_file() {
    let key = SigningKey::generate().unwrap();
    let der = open(&key.to_pem(b"").unwrap(), b"").unwrap();
    for parameters in [STANDARD, OLDER] {
        let text = seal_with(&der, b"secret", parameters).unwrap();
        let opened = SigningKey::from_pem(&text, b"secret").unwrap();
        assert_eq!(opened.public_key(), key.public_key());
        assert_eq!(opened.sign(b"x"), key.sign(b"x"));
    }
}

#[test]
fn a_key_file_that_does_not_open_is_refused() {
    let nothing_inside = seal_with(b"nothing", b"pw", OLDER).unwrap();
    let table = [
        (COSIGN, "other", "the password does not open the key file"),
        (COSIGN_PUBLIC, "pw", "expected a PEM block `ENCRYPTED SIGSTORE PRIVATE KEY`, found `PUBLIC KEY`"),
        ("{}", "pw", "expected one PEM block `ENCRYPTED SIGSTORE PRIVATE KEY`, found none that can be read"),
        (ED25519, "pw", "expected an ECDSA P-256 private key, found an Ed25519 key"),
        (&nothing_inside, "pw", "the key file opens, but holds no private key"),
    ];
    for (text, password, error) in table {
        let refused = SigningKey::from_pem(text, password.as_bytes()).map_err(|error| error.to_string());
        assert_eq!(refused.map(|key| key.public_key().hint()), Err(error.to_owned()));
    }
}

#[test]
fn hostile_scrypt_parameters_are_refused() {
    let text = |n: u64, r: u64, p: u64| {
        format!("expected scrypt with N=32768 or N=65536, r=8, p=1, found N={n}, r={r}, p={p}")
    };
    for (n, r, p) in [
        (1 << 40, 8, 1),
        (1 << 17, 8, 1),
        (2, 8, 1),
        (0, 8, 1),
        (65536, 1 << 30, 1),
        (65536, 8, u64::MAX),
        (65537, 8, 1),
    ] {
        let mut json = json();
        json["kdf"]["params"] = serde_json::json!({"N": n, "r": r, "p": p});
        assert_eq!(open(&file(&json), b"pw").map_err(|error| error.to_string()), Err(text(n, r, p)));
    }
}

#[test]
fn what_cosign_does_not_write_is_refused() {
    let malformed = "the PEM block does not hold the JSON of a cosign key file";
    let table = [
        ("/kdf/name", "argon2".into(), "expected a key file with kdf `scrypt`, found `argon2`"),
        ("/cipher/name", "none".into(), "expected a key file with cipher `nacl/secretbox`, found `none`"),
        ("/kdf/salt", "AAAA".into(), "expected a salt of 32 bytes, found 3"),
        ("/cipher/nonce", "".into(), "expected a nonce of 24 bytes, found 0"),
        ("/ciphertext", "AAAA".into(), "the password does not open the key file"),
        ("/ciphertext", "AA".into(), malformed),
        ("/kdf/params/N", (-1).into(), malformed),
        ("/kdf", 1.into(), malformed),
    ];
    for (at, value, error) in table {
        let mut json = json();
        *json.pointer_mut(at).unwrap() = value;
        assert_eq!(
            open(&file(&json), b"pw").map_err(|error| error.to_string()),
            Err(error.to_owned()),
            "{at}"
        );
    }
}
