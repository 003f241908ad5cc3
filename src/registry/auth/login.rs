//! The login of a user.

use super::credential::Credential;
use crate::registry::secret::Secrets;

/// Who logs in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// No login.
    Anonymous,
    /// A user with a password.
    Basic(String, String),
    /// An identity token, which the token service exchanges for others.
    Identity(String),
}

impl Login {
    pub(crate) fn secrets(&self) -> Secrets {
        match self {
            Self::Anonymous => Secrets::default(),
            Self::Basic(user, password) => Secrets::of_basic(user, password),
            Self::Identity(token) => Secrets::of(token),
        }
    }

    pub(crate) fn password(&self) -> Option<Credential> {
        match self {
            Self::Basic(user, password) => Some(Credential::Basic(user.clone(), password.clone())),
            _ => None,
        }
    }
}
