//! A key or an identity that may sign.

use std::fmt;

use crate::spec::Identity;
use crate::trust::keys::public_key::PublicKey;

/// One who may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatory<'a> {
    /// Who holds this key.
    Key(&'a PublicKey),
    /// Who had a certificate for this identity.
    Identity(&'a Identity),
}

impl fmt::Display for Signatory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "`{}`", key.hint()),
            Self::Identity(identity) => identity.fmt(f),
        }
    }
}
