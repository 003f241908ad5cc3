//! A certificate of our own making: ECDSA on P-256, for servers, self-signed.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use crypto_secretbox::aead::OsRng;
use crypto_secretbox::aead::rand_core::RngCore as _;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::elliptic_curve::zeroize::Zeroizing;
use p256::pkcs8::EncodePrivateKey as _;
use p256::pkcs8::spki::EncodePublicKey as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use x509_cert::der::asn1::{BitString, Ia5String, OctetString, UtcTime};
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{Decode as _, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, SubjectAltName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, TbsCertificate, Version};

use super::TlsError;
use crate::digest::Digest;

const SUBJECT: &str = "CN=bundle serve";
// See: RFC 5758, "ECDSA Signature Algorithm"
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
// See: RFC 5280, "Extended Key Usage"
const SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const DAY: i64 = 24 * 60 * 60;
const YEAR: i64 = 365 * DAY;

/// Makes a key and a certificate.
pub(super) fn make(
    names: &[String],
    now: i64,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), TlsError> {
    let names = names.iter().map(|name| general(name)).collect::<Result<Vec<_>, _>>()?;
    let secret = secret()?;
    let key = secret.to_pkcs8_der().map_err(failed)?;
    let key = PrivatePkcs8KeyDer::from(key.as_bytes().to_vec());
    let certificate = certificate(&SigningKey::from(&secret), names, now)?;
    Ok((certificate.into(), key.into()))
}

/// Returns a certificate as PEM.
// See: RFC 7468
pub(super) fn pem(certificate: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(certificate);
    let lines = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn failed(reason: impl ToString) -> TlsError {
    TlsError::Make { reason: reason.to_string() }
}

fn secret() -> Result<SecretKey, TlsError> {
    let mut scalar = Zeroizing::new([0; 32]);
    loop {
        OsRng.try_fill_bytes(&mut *scalar).map_err(failed)?;
        // Zero, or not below the order of the group: one draw in 2^32.
        if let Ok(secret) = SecretKey::from_slice(&*scalar) {
            return Ok(secret);
        }
    }
}

fn general(name: &str) -> Result<GeneralName, TlsError> {
    let invalid = || TlsError::Name { name: name.chars().take(100).collect() };
    let octets = match name.parse() {
        Ok(IpAddr::V4(address)) => address.octets().to_vec(),
        Ok(IpAddr::V6(address)) => address.octets().to_vec(),
        Err(_) => {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
            let is_name = !name.is_empty() && name.bytes().all(fits);
            let text = Ia5String::new(name).ok().filter(|_| is_name).ok_or_else(invalid)?;
            return Ok(GeneralName::DnsName(text));
        }
    };
    OctetString::new(octets).map(GeneralName::IpAddress).map_err(|_| invalid())
}

fn certificate(key: &SigningKey, names: Vec<GeneralName>, now: i64) -> Result<Vec<u8>, TlsError> {
    let public = key.verifying_key().to_public_key_der().map_err(failed)?;
    let algorithm = AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None };
    let subject: x509_cert::name::Name = SUBJECT.parse().map_err(failed)?;
    let tbs = TbsCertificate {
        version: Version::V3,
        serial_number: serial(public.as_bytes())?,
        signature: algorithm.clone(),
        issuer: subject.clone(),
        validity: Validity { not_before: time(now - DAY)?, not_after: time(now - DAY + YEAR)? },
        subject,
        subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(public.as_bytes()).map_err(failed)?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(vec![
            extension(&SubjectAltName(names))?,
            extension(&ExtendedKeyUsage(vec![SERVER]))?,
        ]),
    };
    let signature: DerSignature = key.sign(&tbs.to_der().map_err(failed)?);
    let signature = BitString::from_bytes(signature.as_bytes()).map_err(failed)?;
    Certificate { tbs_certificate: tbs, signature_algorithm: algorithm, signature }.to_der().map_err(failed)
}

/// Returns a number that no other key has.
fn serial(public: &[u8]) -> Result<SerialNumber, TlsError> {
    let mut bytes = Digest::of(public).bytes()[..16].to_vec();
    bytes[0] &= 0x7f;
    SerialNumber::new(&bytes).map_err(failed)
}

fn time(seconds: i64) -> Result<Time, TlsError> {
    let since = Duration::from_secs(u64::try_from(seconds).map_err(failed)?);
    UtcTime::from_unix_duration(since).map(Time::UtcTime).map_err(failed)
}

fn extension<T: Encode + AssociatedOid>(value: &T) -> Result<Extension, TlsError> {
    let extn_value = OctetString::new(value.to_der().map_err(failed)?).map_err(failed)?;
    Ok(Extension { extn_id: T::OID, critical: false, extn_value })
}
