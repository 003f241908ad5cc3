//! Generates the self-signed certificate of a server: ECDSA on P-256.

use std::net::IpAddr;
use std::time::Duration;

use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, SanType, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::error::TlsError;

const SUBJECT: &str = "bundle serve";
const DAY: u64 = 24 * 60 * 60;
const YEAR: u64 = 365 * DAY;

/// Generates a key and a certificate for the names. `now` is in seconds since 1970.
pub(super) fn self_signed(
    names: &[String],
    now: i64,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), TlsError> {
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = parameters(names, now)?.self_signed(&key).map_err(failed)?;
    Ok((certificate.into(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
}

fn parameters(names: &[String], now: i64) -> Result<CertificateParams, TlsError> {
    let begin = u64::try_from(now).map_err(failed)?.saturating_sub(DAY);
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, SUBJECT);
    parameters.subject_alt_names = names.iter().map(|name| alternative(name)).collect::<Result<_, _>>()?;
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let epoch = date_time_ymd(1970, 1, 1);
    let after = |seconds| epoch.checked_add(Duration::from_secs(seconds).try_into().ok()?);
    let out_of_range = || failed("the clock is out of range");
    parameters.not_before = after(begin).ok_or_else(out_of_range)?;
    parameters.not_after = after(begin + YEAR).ok_or_else(out_of_range)?;
    Ok(parameters)
}

fn alternative(name: &str) -> Result<SanType, TlsError> {
    let invalid = || TlsError::Name { name: name.chars().take(100).collect() };
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let is_name = !name.is_empty() && name.bytes().all(fits);
    let text = Ia5String::try_from(name).ok().filter(|_| is_name).ok_or_else(invalid)?;
    Ok(SanType::DnsName(text))
}

fn failed(reason: impl ToString) -> TlsError {
    TlsError::Make { reason: reason.to_string() }
}
