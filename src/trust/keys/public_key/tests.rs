//! Public keys as OpenSSL and cosign write them.

use super::*;
use crate::trust::keys::signer::SigningKey;

/// A public key of cosign 3.1.3.
const COSIGN: &str = "\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUjjBBdQZruNs7KmxXmxxYKGunolv
aR109XJLNep+RYC1Dox6NNTqBf9n/gvoeTgtcpibFVsHfAyH6dQZxNhR9Q==
-----END PUBLIC KEY-----
";
const RSA: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCmIMUflJ0zahXHLLgUQA2H8LxZ
vhcxBINAlkxfQIRdu5qgCjPQLzKmj/6Rb/llxmuysCUHgbovrgtdKWFnAoyratxt
HbRX2yTskgm7QgmHdFjPYhO1prCl1VNTZ9Gz/cejnpvoxruh9lqLIL964Kyhvo5s
YZxvrlA4bfVS9geT7QIDAQAB
-----END PUBLIC KEY-----
";
const P384: &str = "\
-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEeILoEPAd/hfBo1jyCrW8BKli1yzqXs+I
uHLVdoNMihWwegjJ58Jriivmse0nT9LUyMZwOUxZByp5XivrIkhLIKqC1pA/WLlm
JfGxf3hJZNY1DEli6q1FGwCcT8VX50aK
-----END PUBLIC KEY-----
";
const SECP256K1: &str = "\
-----BEGIN PUBLIC KEY-----
MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEWyjQd2aBsjuTOmfJmwL9CeYfaV+DFWol
3yVIRXua8te1sf9UabqflMpBALuMeDTofiCk6VN7R7W9duvkqycJPA==
-----END PUBLIC KEY-----
";
const ED25519: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAWedti4b2Gpl6SQUcON8HIgaMSfgRKuA/uJqLgB4CBDA=
-----END PUBLIC KEY-----
";
const X25519: &str = "\
-----BEGIN PUBLIC KEY-----
MCowBQYDK2VuAyEA/qzXWlsKdc67duxvlXT2viwKDFp5dkjC1MQpuuwcZw8=
-----END PUBLIC KEY-----
";

#[test]
fn a_key_survives_pem_byte_for_byte() {
    let key = PublicKey::from_pem(COSIGN).unwrap();
    assert_eq!(key.to_pem(), COSIGN);
    assert_eq!(key.hint(), "6/xe1jYbAevN+9NlBTQoPo85frvi9vT1n+CDRz7fyw8=");
}

#[test]
fn other_public_keys_are_refused_by_name() {
    let private = COSIGN.replace("PUBLIC", "PRIVATE");
    let cut = COSIGN.replace("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEUjjBBdQZruNs7KmxXmxxYKGunolv\n", "");
    let off_curve = COSIGN.replace("EUjjBBd", "EUjjCBd");
    let two = COSIGN.repeat(2);
    let long = " ".repeat(70_000);
    let table = [
        (RSA, "expected an ECDSA P-256 public key, found an RSA key"),
        (P384, "expected an ECDSA P-256 public key, found an ECDSA P-384 key"),
        (SECP256K1, "expected an ECDSA P-256 public key, found an ECDSA secp256k1 key"),
        (ED25519, "expected an ECDSA P-256 public key, found an Ed25519 key"),
        (X25519, "expected an ECDSA P-256 public key, found a key of algorithm `1.3.101.110`"),
        (&private, "expected a PEM block `PUBLIC KEY`, found `PRIVATE KEY`"),
        ("", "expected one PEM block `PUBLIC KEY`, found none that can be read"),
        (&two, "expected one PEM block `PUBLIC KEY`, found none that can be read"),
        (&cut, "the PEM block `PUBLIC KEY` does not hold a public key"),
        (&off_curve, "the PEM block `PUBLIC KEY` does not hold a public key"),
        (&long, "expected a PEM block `PUBLIC KEY` of at most 65536 bytes, found 70000 bytes"),
    ];
    for (text, error) in table {
        assert_eq!(PublicKey::from_pem(text).map_err(|error| error.to_string()), Err(error.to_owned()));
    }
}

#[test]
fn only_strict_der_over_the_same_bytes_is_a_signature() {
    let signer = SigningKey::generate().unwrap();
    let (key, good) = (signer.public_key(), signer.sign(b"text"));
    assert_eq!(key.verify(b"text", &good), Ok(()));
    let raw = Signature::from_der(&good).unwrap().to_bytes().to_vec();
    let longer = [good.as_slice(), &[0]].concat();
    for (bytes, signature) in
        [("text", raw.as_slice()), ("text", &longer), ("text", &good[1..]), ("text", b""), ("texts", &good)]
    {
        assert_eq!(key.verify(bytes.as_bytes(), signature), Err(BadSignature));
    }
}

#[test]
fn both_halves_of_s_are_taken() {
    let signer = SigningKey::generate().unwrap();
    let low = Signature::from_der(&signer.sign(b"text")).unwrap();
    let high = Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
    assert_ne!(low, high);
    assert_eq!(signer.public_key().verify(b"text", high.to_der().as_bytes()), Ok(()));
}
