//! References to what lies in a registry: as people write them, and pinned.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Digest;

/// An image or artifact reference with every default written out: `docker.io/library/nginx:1.25`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageRef {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// The text is not a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not an image reference: {reason}")]
pub struct InvalidReference {
    /// The text that was found.
    pub found: String,
    /// What is wrong with it.
    pub reason: String,
}

impl ImageRef {
    /// Returns the registry's host, with its port if one was given.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the repository's path within the registry.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Returns the tag; `latest` is filled in only where neither a tag nor a digest was written.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns the digest, where the text carried one.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Returns `registry/repository`, without tag and digest.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Returns the same reference, pinned to a digest.
    #[must_use]
    pub fn pin(&self, digest: Digest) -> PinnedRef {
        PinnedRef { reference: self.clone(), digest }
    }
}

impl FromStr for ImageRef {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let invalid = |reason: String| InvalidReference { found: text.chars().take(200).collect(), reason };
        let parsed: oci_client::Reference =
            text.parse().map_err(|error: oci_client::ParseError| invalid(error.to_string()))?;
        let digest =
            parsed.digest().map(Digest::from_str).transpose().map_err(|error| invalid(error.to_string()))?;
        Ok(Self {
            registry: parsed.registry().to_owned(),
            repository: parsed.repository().to_owned(),
            tag: parsed.tag().map(str::to_owned),
            digest,
        })
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

impl Serialize for ImageRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ImageRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A reference together with the digest that it resolved to: the only reference that passes beyond `resolve`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PinnedRef {
    reference: ImageRef,
    digest: Digest,
}

impl PinnedRef {
    /// Returns the reference as upstream names it.
    #[must_use]
    pub fn reference(&self) -> &ImageRef {
        &self.reference
    }

    /// Returns the digest of the manifest or index.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl fmt::Display for PinnedRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ImageRef { registry, repository, tag, .. } = &self.reference;
        write!(f, "{registry}/{repository}")?;
        if let Some(tag) = tag {
            write!(f, ":{tag}")?;
        }
        write!(f, "@{}", self.digest)
    }
}

/// Returns whether a host, with or without a port, is this machine itself.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_written_out() {
        let digest = Digest::of(b"");
        for (text, full) in [
            ("nginx", "docker.io/library/nginx:latest".to_owned()),
            ("openpolicyagent/gatekeeper:v3.23.1", "docker.io/openpolicyagent/gatekeeper:v3.23.1".to_owned()),
            ("localhost:5000/nginx", "localhost:5000/nginx:latest".to_owned()),
            (&format!("ghcr.io/a/b@{digest}"), format!("ghcr.io/a/b@{digest}")),
            (&format!("ghcr.io/a/b:1@{digest}"), format!("ghcr.io/a/b:1@{digest}")),
        ] {
            assert_eq!(text.parse::<ImageRef>().map(|reference| reference.to_string()), Ok(full));
        }
    }

    #[test]
    fn what_is_not_a_reference_is_refused() {
        for text in ["", "ghcr.io/UPPER/case", "a b", "ghcr.io/a@sha256:short", "x:"] {
            assert!(
                matches!(text.parse::<ImageRef>(), Err(InvalidReference { found, .. }) if found == text),
                "{text}"
            );
        }
    }
}
