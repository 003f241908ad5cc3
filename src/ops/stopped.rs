//! An install that began and stopped, and what its rollback did.

use std::fmt;

use crate::cluster::{ClusterError, InstallFailure, Rollback};

/// An install that began, and stopped.
#[derive(Debug)]
pub struct StoppedInstall {
    /// How far it came, and why it stopped.
    pub failure: InstallFailure,
    /// The outcome of the rollback, if one was asked for.
    pub rollback: Option<Result<Rollback, ClusterError>>,
}

impl fmt::Display for StoppedInstall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

impl std::error::Error for StoppedInstall {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.failure.source()
    }
}
