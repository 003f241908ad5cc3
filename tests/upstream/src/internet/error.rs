//! Why the stand-in for the internet cannot start.

use std::path::PathBuf;

use airgap_bundle::digest::Digest;
use airgap_bundle::reference::ImageRef;
use airgap_bundle::registry::RegistryError;

/// The stand-in for the internet cannot start.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The table says nothing about an item.
    #[error("`{reference}`: `table.yaml` does not say what upstream publishes there as {kind}")]
    Unknown {
        /// The item.
        reference: ImageRef,
        /// What the spec takes it for.
        kind: &'static str,
    },
    /// The mirror of files lacks one.
    #[error("file `{name}` is not in the mirror: failed to read `{}`", path.display())]
    File {
        /// The spec's name for it.
        name: String,
        /// Where it was expected.
        path: PathBuf,
        /// Why it cannot be read.
        source: std::io::Error,
    },
    /// A mirrored file is another one.
    #[error("file `{name}` of the mirror does not match: expected {expected}, found {found}")]
    Altered {
        /// The spec's name for it.
        name: String,
        /// The spec's digest.
        expected: Digest,
        /// The digest of the existing content.
        found: Digest,
    },
    /// The stand-in program cannot be made.
    #[error("failed to make the stand-in program: {reason}")]
    Standin {
        /// Why.
        reason: String,
    },
    /// A program cannot be read, or no port or temporary file can be had.
    #[error("failed to prepare {what}")]
    Local {
        /// What was being prepared.
        what: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// A registry of ours did not take something.
    #[error("failed to fill a registry")]
    Registry(#[from] RegistryError),
}
