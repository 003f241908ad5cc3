//! Requests with a login: the credentials are obtained when the registry asks for them.

mod token;

use reqwest::StatusCode;
use reqwest::header::WWW_AUTHENTICATE;

use super::answer::Answer;
use super::exchange::{Ask, is_at};
use super::session::Session;
use crate::registry::auth::challenge::Challenge;
use crate::registry::auth::credential::Credential;
use crate::registry::auth::login::Login;
use crate::registry::auth::{Held, Scope};
use crate::registry::endpoint::Endpoint;
use crate::registry::error::RegistryError;

impl Session {
    /// Asks; where the registry wants credentials, obtains them and asks once more.
    pub(crate) async fn exchange(&self, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        // What a registry sends elsewhere is not the place where one logs in.
        let own = |(endpoint, _): &&(&Endpoint, Scope)| is_at(&ask.url, endpoint);
        let Some((endpoint, scope)) = ask.login.as_ref().filter(own) else {
            return self.follow(ask, None).await;
        };
        let used = self.credentials.known(endpoint, scope, self.clock.now()).await;
        let answer = self.follow(ask, used.as_ref()).await?;
        // Nor may a place that the registry sends to name a token service: it would be told the password.
        if answer.status() != StatusCode::UNAUTHORIZED || !is_at(answer.url(), endpoint) {
            return Ok(answer);
        }
        match self.log_in(endpoint, scope, &answer, used.as_ref(), ask.what).await? {
            Some(fresh) => self.follow(ask, Some(&fresh)).await,
            None => Ok(answer),
        }
    }

    /// Obtains what a registry asked for. `None`: there is nothing better than what was used.
    async fn log_in(
        &self,
        endpoint: &Endpoint,
        scope: &Scope,
        answer: &Answer,
        used: Option<&Credential>,
        what: &str,
    ) -> Result<Option<Credential>, RegistryError> {
        let slot = self.credentials.slot(endpoint, scope).await;
        let mut held = slot.lock().await;
        let known = held.as_ref().filter(|held| held.is_good(self.clock.now()));
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
        let login = self.credentials.logins.of(&endpoint.host, &scope.repository).await?;
        match (Challenge::of(&answer.headers(WWW_AUTHENTICATE.as_str())), login) {
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
