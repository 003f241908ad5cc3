//! The certificate that a keyless signature was made with.
//!
//! What it claims is read before it is verified: it decides whether a signature is meant for us at all. See [`Leaf::claims`].

use jiff::Timestamp;
use sigstore_verify::crypto::{CertificateInfo, parse_certificate_info};
use sigstore_verify::types::DerCertificate;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{ObjectIdentifier, Utf8StringRef};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    BasicConstraints, ExtendedKeyUsage, SignedCertificateTimestampList, SubjectAltName,
};

use super::fault::KeylessFault;
use crate::trust::keys::encoding::excerpt;
use crate::trust::sigstore::claims::{Claim, Claims};

// See: RFC 5280 section 4.2.1.12
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
// See: sigstore/fulcio docs/oid-info.md
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");
const OLD_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
const GITHUB: &str = "https://github.com/";
/// Fulcio and the certificate log have a clock each.
const SCT_LEEWAY_SECONDS: i64 = 60;

/// A signing certificate, read.
pub(crate) struct Leaf {
    certificate: Certificate,
    info: CertificateInfo,
    claims: Claims,
}

impl Leaf {
    /// Reads a certificate. Nothing is verified.
    pub(crate) fn parse(der: &[u8]) -> Result<Self, KeylessFault> {
        let certificate = Certificate::from_der(der).map_err(|error| unreadable(&error.to_string()))?;
        let info = parse_certificate_info(&DerCertificate::from_bytes(der))
            .map_err(|error| unreadable(&error.to_string()))?;
        let claims =
            Claims { subject: subject(&certificate)?, issuer: issuer(&certificate)?, ..github_claims(&info) };
        Ok(Self { certificate, info, claims })
    }

    /// Returns what the certificate claims. It is true only of a signature that [`crate::trust::sigstore::keyless::verify`] accepts.
    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Refuses a certificate that is not for signing.
    pub(crate) fn check_profile(&self) -> Result<(), KeylessFault> {
        if self.extension::<BasicConstraints>()?.is_some_and(|constraints| constraints.ca) {
            return Err(KeylessFault::Authority);
        }
        let usages = self.extension::<ExtendedKeyUsage>()?.map(|usages| usages.0).unwrap_or_default();
        if !usages.contains(&CODE_SIGNING) {
            let found: Vec<_> = usages.iter().map(|usage| format!("`{usage}`")).collect();
            let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
            return Err(KeylessFault::NotForSigning { found });
        }
        let timestamps = self.extension::<SignedCertificateTimestampList>()?;
        timestamps.map(|_| ()).ok_or(KeylessFault::NoSct)
    }

    /// Refuses a certificate that its log saw at another time than it was made. To be called after the SCT is verified.
    pub(crate) fn check_sct_time(&self) -> Result<(), KeylessFault> {
        let list = self.extension::<SignedCertificateTimestampList>()?.ok_or(KeylessFault::NoSct)?;
        let wrong = |_| KeylessFault::Sct { reason: "the list cannot be read".to_owned() };
        for serialized in list.parse_timestamps().map_err(wrong)? {
            self.check_time(serialized.parse_timestamp().map_err(wrong)?.timestamp)?;
        }
        Ok(())
    }

    /// Refuses a signature of a time at which the certificate was not valid.
    pub(crate) fn check_validity(&self, time: Timestamp) -> Result<(), KeylessFault> {
        let (not_before, not_after) = (self.info.not_before, self.info.not_after);
        if time < not_before {
            let not_before = not_before.to_string();
            return Err(KeylessFault::TooEarly { time: time.to_string(), not_before });
        }
        if time > not_after {
            let not_after = not_after.to_string();
            return Err(KeylessFault::Expired { time: time.to_string(), not_after });
        }
        Ok(())
    }

    fn check_time(&self, milliseconds: u64) -> Result<(), KeylessFault> {
        let (not_before, not_after) = (self.info.not_before, self.info.not_after);
        let time = i64::try_from(milliseconds).ok().and_then(|time| Timestamp::from_millisecond(time).ok());
        let within = time.is_some_and(|time| {
            let second = time.as_second();
            second >= not_before.as_second() - SCT_LEEWAY_SECONDS
                && second <= not_after.as_second() + SCT_LEEWAY_SECONDS
        });
        if within {
            return Ok(());
        }
        Err(KeylessFault::SctTime {
            time: time.map_or_else(|| format!("{milliseconds} ms"), |time| time.to_string()),
            not_before: not_before.to_string(),
            not_after: not_after.to_string(),
        })
    }

    fn extension<'a, T>(&'a self) -> Result<Option<T>, KeylessFault>
    where
        T: x509_cert::der::Decode<'a> + x509_cert::der::oid::AssociatedOid,
    {
        extension(&self.certificate)
    }
}

/// Returns an extension; one that is there twice is an error.
fn extension<'a, T>(certificate: &'a Certificate) -> Result<Option<T>, KeylessFault>
where
    T: x509_cert::der::Decode<'a> + x509_cert::der::oid::AssociatedOid,
{
    let found = certificate.tbs_certificate.get::<T>().map_err(|error| unreadable(&error.to_string()))?;
    Ok(found.map(|(_, extension)| extension))
}

fn subject(certificate: &Certificate) -> Result<String, KeylessFault> {
    let names = extension::<SubjectAltName>(certificate)?.map(|names| names.0).unwrap_or_default();
    match names.as_slice() {
        [GeneralName::UniformResourceIdentifier(name)] => Ok(name.to_string()),
        [GeneralName::Rfc822Name(name)] => Ok(name.to_string()),
        [_] => Err(KeylessFault::Subjects { found: "another kind of name".to_owned() }),
        names => Err(KeylessFault::Subjects { found: names.len().to_string() }),
    }
}

/// Returns the issuer, which is the same in both extensions where both are there.
fn issuer(certificate: &Certificate) -> Result<String, KeylessFault> {
    let new = raw(certificate, &ISSUER).map(|value| {
        let text = Utf8StringRef::from_der(value).map_err(|error| unreadable(&error.to_string()))?;
        Ok(text.as_str().to_owned())
    });
    let old = raw(certificate, &OLD_ISSUER)
        .map(|value| String::from_utf8(value.to_vec()).map_err(|error| unreadable(&error.to_string())));
    match (new.transpose()?, old.transpose()?) {
        (Some(expected), Some(found)) if expected != found => {
            Err(KeylessFault::OtherIssuer { expected: excerpt(&expected), found: excerpt(&found) })
        }
        (Some(issuer), _) | (None, Some(issuer)) => Ok(issuer),
        (None, None) => Err(KeylessFault::NoIssuer),
    }
}

fn raw<'a>(certificate: &'a Certificate, identifier: &ObjectIdentifier) -> Option<&'a [u8]> {
    let extensions = certificate.tbs_certificate.extensions.as_deref().unwrap_or_default();
    let found = extensions.iter().find(|extension| extension.extn_id == *identifier)?;
    Some(found.extn_value.as_bytes())
}

/// Returns the claims of a GitHub workflow; subject and issuer are left for the caller to fill in.
fn github_claims(info: &CertificateInfo) -> Claims {
    let (new, old) = (&info.ci_claims, &info.ci_claims.deprecated_github);
    let values = |old: &Option<String>, new: Option<String>| Claim(old.iter().cloned().chain(new).collect());
    let repository = new.source_repository_uri.as_deref().map(|uri| uri.strip_prefix(GITHUB).unwrap_or(uri));
    Claims {
        subject: String::new(),
        issuer: String::new(),
        repository: values(&old.workflow_repository, repository.map(str::to_owned)),
        git_ref: values(&old.workflow_ref, new.source_repository_ref.clone()),
        trigger: values(&old.workflow_trigger, new.build_trigger.clone()),
    }
}

fn unreadable(reason: &str) -> KeylessFault {
    KeylessFault::Certificate { reason: excerpt(reason) }
}
