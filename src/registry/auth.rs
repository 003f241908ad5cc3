//! Credentials and tokens: from the Docker and Podman files and helpers, never from an argument.
//!
//! A token is fetched when a registry asks for one, once for all that its scope allows, and again when it runs out.

mod challenge;
mod stored;
mod token;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::answer::Answer;
use super::client::Client;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::secret::Secrets;
use challenge::Challenge;
pub(super) use stored::Login;
pub use stored::LoginFiles;
use stored::Logins;

/// What a request needs to be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Scope {
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
    fn texts(&self) -> Vec<String> {
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

/// What is put into the `Authorization` header.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credential {
    Bearer(String),
    Basic(String, String),
}

impl Credential {
    pub(super) fn apply(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self {
            Self::Bearer(token) => request.bearer_auth(token),
            Self::Basic(user, password) => request.basic_auth(user, Some(password)),
        }
    }

    pub(super) fn secrets(&self) -> Secrets {
        match self {
            Self::Bearer(token) => Secrets::of(token),
            Self::Basic(user, password) => Secrets::of_basic(user, password),
        }
    }
}

/// A credential, and until when it is good.
#[derive(Clone)]
struct Held {
    credential: Credential,
    until: Option<Duration>,
}

impl Held {
    fn is_good(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

type Slot = Arc<Mutex<Option<Held>>>;

/// The credentials that were obtained, each once, however many transfers ask for it at the same time.
pub(super) struct Credentials {
    slots: Mutex<HashMap<(String, String), Slot>>,
    logins: Logins,
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

    async fn slot(&self, endpoint: &Endpoint, scope: &Scope) -> Slot {
        let key = (endpoint.host.clone(), scope.to_string());
        self.slots.lock().await.entry(key).or_default().clone()
    }

    #[cfg(test)]
    pub(super) fn fixed(logins: impl IntoIterator<Item = (String, Login)>) -> Self {
        Self { slots: Mutex::default(), logins: Logins::Fixed(logins.into_iter().collect()) }
    }
}

impl Client {
    /// Obtains what a registry asked for. `None`: there is nothing better than what was used.
    pub(super) async fn log_in(
        &self,
        endpoint: &Endpoint,
        scope: &Scope,
        answer: &Answer,
        used: Option<&Credential>,
        what: &str,
    ) -> Result<Option<Credential>, RegistryError> {
        let slot = self.inner.credentials.slot(endpoint, scope).await;
        let mut held = slot.lock().await;
        let known = held.as_ref().filter(|held| held.is_good(self.inner.clock.now()));
        if let Some(newer) = known.filter(|held| used != Some(&held.credential)) {
            return Ok(Some(newer.credential.clone()));
        }
        *held = self.obtain(endpoint, scope, answer, what).await?;
        let fresh = held.as_ref().map(|held| held.credential.clone());
        Ok(fresh.filter(|fresh| used != Some(fresh)))
    }

    async fn obtain(
        &self,
        endpoint: &Endpoint,
        scope: &Scope,
        answer: &Answer,
        what: &str,
    ) -> Result<Option<Held>, RegistryError> {
        let failed =
            |reason| RegistryError::Login { what: what.to_owned(), host: endpoint.host.clone(), reason };
        let login = self.inner.credentials.logins.of(&endpoint.host, &scope.repository).await?;
        match (Challenge::of(answer), login) {
            (Challenge::Bearer(bearer), login) => {
                token::fetch(self, &token::Wish { endpoint, scope, bearer, login, what }).await.map(Some)
            }
            (Challenge::Other, Login::Basic(user, password)) => {
                Ok(Some(Held { credential: Credential::Basic(user, password), until: None }))
            }
            (Challenge::Other, Login::Identity(_)) => {
                Err(failed("an identity token is stored, and the registry names no token service".to_owned()))
            }
            (Challenge::Other, Login::Anonymous) => Ok(None),
        }
    }
}
