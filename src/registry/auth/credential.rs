//! What a request logs in with.

use crate::registry::secret::Secrets;

/// What is put into the `Authorization` header.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    Bearer(String),
    Basic(String, String),
}

impl Credential {
    pub(crate) fn apply(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self {
            Self::Bearer(token) => request.bearer_auth(token),
            Self::Basic(user, password) => request.basic_auth(user, Some(password)),
        }
    }

    pub(crate) fn secrets(&self) -> Secrets {
        match self {
            Self::Bearer(token) => Secrets::of(token),
            Self::Basic(user, password) => Secrets::of_basic(user, password),
        }
    }
}
