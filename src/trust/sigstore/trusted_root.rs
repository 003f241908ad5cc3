//! What keyless signatures are checked against: certificate authorities, transparency logs, timestamp authorities.
//!
//! It comes from the operator, or is the embedded one of the public Sigstore; never from what is being checked. An old
//! root does not know keys that were added later, and still trusts those that were withdrawn. So it returns its newest date, and
//! the caller decides what is too old.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use sigstore_verify::Verifier;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TransparencyLog};
use sigstore_verify::types::{LogId, TsaAuthority};

use crate::digest::Digest;
use crate::trust::keys::encoding::excerpt;

/// The day on which the embedded root was published, with the crate that carries it.
pub const EMBEDDED_SINCE: &str = "2026-10-23";

/// The public root has seven kilobytes.
const SIZE_LIMIT: usize = 1024 * 1024;
// See: sigstore/protobuf-specs, sigstore_trustroot.proto, TrustedRoot.media_type
const MEDIA_TYPES: [&str; 2] = [
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
];

/// So many days after its publication the embedded root is called old: Sigstore's keys change about once a year.
const OLD_DAYS: i64 = 180;

/// Returns a warning where the embedded root is old at this time, in seconds since 1970.
#[must_use]
pub fn embedded_is_old(now: i64) -> Option<String> {
    let since: Timestamp = format!("{EMBEDDED_SINCE}T00:00:00Z").parse().ok()?;
    let days = now.saturating_sub(since.as_second()) / (24 * 60 * 60);
    let warning = format!(
        "the trusted root that is built in is of {EMBEDDED_SINCE}, {days} days ago: keys that came or went since are not known to it; \
         use a newer `bundle`, or give a newer root with --trusted-root"
    );
    (days > OLD_DAYS).then_some(warning)
}

/// The text is not a trusted root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustedRootError {
    /// The text is larger than any root.
    #[error("the trusted root has {found} bytes, at most {SIZE_LIMIT} are read")]
    TooLarge {
        /// Its size.
        found: usize,
    },
    /// The text is not JSON, or not the JSON of a trusted root.
    #[error("the trusted root cannot be read: {reason}")]
    Malformed {
        /// What the reader says.
        reason: String,
    },
    /// It is JSON of another kind.
    #[error("expected a trusted root of media type `{}`, found `{found}`", MEDIA_TYPES[0])]
    OtherMediaType {
        /// The media type that was found.
        found: String,
    },
    /// A log's key has no beginning; cosign does not take it either.
    #[error("the key of the log `{log}` in the trusted root has no `validFor`")]
    NoValidity {
        /// The address of the log.
        log: String,
    },
    /// A key or certificate in it cannot be used, or is there twice.
    #[error("the trusted root cannot be used: {reason}")]
    Unusable {
        /// What is wrong.
        reason: String,
    },
}

/// A trusted root, read and ready.
#[derive(Clone)]
pub struct TrustedRoot {
    root: Arc<sigstore_verify::trust_root::TrustedRoot>,
    verifier: Arc<Verifier>,
    digest: Digest,
}

impl TrustedRoot {
    /// Reads a `trusted_root.json`.
    ///
    /// # Errors
    ///
    /// [`TrustedRootError`] where it is too large, not a trusted root, or holds a key or certificate that cannot be used.
    pub fn parse(json: &[u8]) -> Result<Self, TrustedRootError> {
        if json.len() > SIZE_LIMIT {
            return Err(TrustedRootError::TooLarge { found: json.len() });
        }
        let malformed = |error: serde_json::Error| TrustedRootError::Malformed { reason: error.to_string() };
        let mut value: Value = serde_json::from_slice(json).map_err(malformed)?;
        let found = value["mediaType"].as_str().unwrap_or_default();
        if !MEDIA_TYPES.contains(&found) {
            return Err(TrustedRootError::OtherMediaType { found: excerpt(found) });
        }
        name_authorities(&mut value);
        let root: sigstore_verify::trust_root::TrustedRoot =
            serde_json::from_value(value).map_err(malformed)?;
        Self::new(root, Digest::of(json))
    }

    /// Returns the root of the public Sigstore that is built in; `EMBEDDED_SINCE` is its date.
    ///
    /// # Errors
    ///
    /// [`TrustedRootError`] never, as long as its test passes.
    pub fn embedded() -> Result<Self, TrustedRootError> {
        Self::parse(SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes())
    }

    fn new(root: sigstore_verify::trust_root::TrustedRoot, digest: Digest) -> Result<Self, TrustedRootError> {
        let keys = root.tlogs.iter().map(|log| (&log.base_url, &log.public_key));
        let mut keys = keys.chain(root.ctlogs.iter().map(|log| (&log.base_url, &log.public_key)));
        if let Some((log, _)) = keys.find(|(_, key)| key.valid_for.is_none()) {
            return Err(TrustedRootError::NoValidity { log: excerpt(log) });
        }
        let verifier = Verifier::new(&root)
            .map_err(|error| TrustedRootError::Unusable { reason: excerpt(&error.to_string()) })?;
        Ok(Self { root: Arc::new(root), verifier: Arc::new(verifier), digest })
    }

    /// Tells whether it is the root that is built in.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.digest == Digest::of(SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes())
    }

    /// Returns the digest of the JSON, to name the root by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns when the newest key or authority in it began to be valid, in seconds since 1970: the root is at least that new.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        self.starts().max().map(Timestamp::as_second)
    }

    /// Returns the same moment as [`TrustedRoot::newest`], in RFC 3339.
    #[must_use]
    pub fn newest_date(&self) -> Option<String> {
        self.starts().max().map(|start| start.to_string())
    }

    fn starts(&self) -> impl Iterator<Item = Timestamp> + '_ {
        let logs = self.root.tlogs.iter().map(|log| log.public_key.valid_for);
        let certificate_logs = self.root.ctlogs.iter().map(|log| log.public_key.valid_for);
        let authorities = self.root.certificate_authorities.iter().map(|authority| authority.valid_for);
        let clocks = self.root.timestamp_authorities.iter().map(|authority| authority.valid_for);
        logs.chain(certificate_logs).chain(authorities).chain(clocks).flatten().map(|range| range.start)
    }

    /// Returns a transparency log by its identity.
    pub(crate) fn log(&self, id: &LogId) -> Option<&TransparencyLog> {
        self.root.tlogs.iter().find(|log| log.log_id == *id)
    }

    pub(crate) fn timestamp_authorities(&self) -> Vec<TsaAuthority> {
        self.root.tsa_authorities()
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// Gives every certificate authority an address: cosign does not ask for one, and nothing is done with it.
fn name_authorities(root: &mut Value) {
    let authorities = root.get_mut("certificateAuthorities").and_then(Value::as_array_mut);
    for authority in authorities.into_iter().flatten().filter_map(Value::as_object_mut) {
        authority.entry("uri").or_insert_with(|| Value::from(""));
    }
}

/// Says which root it is, and of when.
impl fmt::Display for TrustedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_embedded() {
            return write!(f, "public Sigstore, built in, of {EMBEDDED_SINCE}");
        }
        let newest = self.newest_date().unwrap_or_else(|| "an unknown date".to_owned());
        write!(f, "given, {}, newest key of {newest}", self.digest)
    }
}

impl fmt::Debug for TrustedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedRoot").field("digest", &self.digest).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
