//! Why a command failed, and its exit code.

use std::process::ExitCode;

use crate::ops::OpsError;

/// A command that failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command itself failed.
    #[error(transparent)]
    Command(#[from] OpsError),
    /// The system gave the program no threads to run on.
    #[error("cannot start the program's threads")]
    Threads(#[source] std::io::Error),
}

impl Failure {
    /// Returns 1 if the answer is no, 2 if the command could not find out.
    pub(super) fn code(&self) -> u8 {
        match self {
            Self::Command(error) if error.is_refusal() => 1,
            _ => 2,
        }
    }

    /// Returns the same for the process.
    pub(super) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
