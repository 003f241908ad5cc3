//! Credentials and tokens: from the Docker and Podman files and helpers, never from an argument.
//!
//! A token is fetched when a registry asks for one, once for all that its scope allows, and again when it runs out.

pub(super) mod challenge;
pub(super) mod credential;
pub(super) mod login;
pub(super) mod stored;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::endpoint::Endpoint;
use credential::Credential;
#[cfg(test)]
use login::Login;
use stored::{LoginFiles, Logins};

/// What a request needs to be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    /// The repository's path.
    pub repository: String,
    /// Whether it is written to.
    pub push: bool,
    /// The repository that a blob is taken over from.
    pub source: Option<String>,
}

impl Scope {
    /// Returns what a token service is asked for, one text a repository.
    // See: distribution docs/spec/auth/scope.md
    pub(super) fn texts(&self) -> Vec<String> {
        let actions = if self.push { "pull,push" } else { "pull" };
        let own = format!("repository:{}:{actions}", self.repository);
        let source = self.source.iter().map(|source| format!("repository:{source}:pull"));
        [own].into_iter().chain(source).collect()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.texts().join(" "))
    }
}

/// A credential, and until when it is good.
#[derive(Clone)]
pub(crate) struct Held {
    pub credential: Credential,
    pub until: Option<Duration>,
}

impl Held {
    pub(super) fn is_good(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

pub(crate) type Slot = Arc<Mutex<Option<Held>>>;

/// The credentials that were obtained, each once, however many transfers ask for it at the same time.
pub(crate) struct Credentials {
    slots: Mutex<HashMap<(String, String), Slot>>,
    pub(super) logins: Logins,
}

impl Credentials {
    pub(super) fn new(files: &LoginFiles) -> Self {
        Self { slots: Mutex::default(), logins: Logins::new(files) }
    }

    /// Returns the credential that was obtained before, if it is still good.
    pub(super) async fn known(
        &self,
        endpoint: &Endpoint,
        scope: &Scope,
        now: Duration,
    ) -> Option<Credential> {
        let slot = self.slot(endpoint, scope).await;
        let held = slot.lock().await.clone();
        held.filter(|held| held.is_good(now)).map(|held| held.credential)
    }

    pub(super) async fn slot(&self, endpoint: &Endpoint, scope: &Scope) -> Slot {
        let key = (endpoint.host.clone(), scope.to_string());
        self.slots.lock().await.entry(key).or_default().clone()
    }

    #[cfg(test)]
    pub(super) fn fixed(logins: impl IntoIterator<Item = (String, Login)>) -> Self {
        Self { slots: Mutex::default(), logins: Logins::Fixed(logins.into_iter().collect()) }
    }
}
