//! Tokens: fetched from the service that the registry names, within bounds, and good for as long as it says.

use std::time::Duration;

use httpdate::parse_http_date;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, DATE};
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize;

use crate::reference::is_loopback;
use crate::registry::auth::challenge::Bearer;
use crate::registry::auth::credential::Credential;
use crate::registry::auth::login::Login;
use crate::registry::auth::{Held, Scope};
use crate::registry::client::answer::Answer;
use crate::registry::client::exchange::{Ask, is_at};
use crate::registry::client::session::Session;
use crate::registry::client::silence::Activity;
use crate::registry::endpoint::Endpoint;
use crate::registry::error::RegistryError;
use crate::registry::place::shown;

/// The largest answer of a token service, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// How long a token is good that does not say so, in seconds.
// See: distribution docs/spec/auth/token.md, `expires_in`
const DEFAULT_SECONDS: u64 = 60;
/// How long before its end a token is not used any more, in seconds.
const MARGIN_SECONDS: u64 = 5;
/// The name of this program to a token service.
const CLIENT: &str = "bundle";

/// A token that is wanted.
pub(super) struct Wish<'a> {
    pub endpoint: &'a Endpoint,
    pub scope: &'a Scope,
    pub bearer: Bearer,
    pub login: Login,
    pub what: &'a str,
}

/// What a token service answers.
#[derive(Deserialize)]
struct Told {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
    issued_at: Option<String>,
}

/// Fetches a token.
pub(super) async fn fetch(session: &Session, wish: &Wish<'_>) -> Result<Held, RegistryError> {
    let url = wish.service()?;
    let what = format!("token for {}", wish.what);
    let form = wish.form(&url);
    let ask = Ask {
        what: &what,
        method: if form.is_some() { Method::POST } else { Method::GET },
        url: wish.address(&url),
        login: None,
        home: Some(wish.endpoint),
        prepare: &|request| fill(request, form.as_deref()),
        activity: Activity::default(),
        silence: session.patience.silence,
    };
    let asked_at = session.clock.now();
    let answer = session.follow(&ask, wish.login.password().as_ref()).await?;
    let date = answer.header(DATE.as_str());
    let told = wish.told(&url, answer.hiding(wish.login.secrets())).await?;
    let seconds = told.good_for(date.as_deref());
    let token = told.token.or(told.access_token).filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| wish.failed(&url, "answered without a token"))?;
    let until = asked_at + Duration::from_secs(seconds.saturating_sub(MARGIN_SECONDS));
    Ok(Held { credential: Credential::Bearer(token), until: Some(until) })
}

fn fill(request: RequestBuilder, form: Option<&str>) -> RequestBuilder {
    match form {
        Some(form) => request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.to_owned()),
        None => request,
    }
}

impl Wish<'_> {
    /// Returns the token service's address. Secrets go to it by TLS, or where plain HTTP was asked for by name.
    fn service(&self) -> Result<Url, RegistryError> {
        let no_address =
            |_| self.login_failed("the registry names a token service with an invalid address".to_owned());
        let url = Url::parse(&self.bearer.realm).map_err(no_address)?;
        let safe = match url.scheme() {
            "https" => true,
            "http" => is_at(&url, self.endpoint) || url.host_str().is_some_and(is_loopback),
            _ => false,
        };
        let unsafe_service =
            || format!("the registry names the token service `{}`, expected `https://`", shown(&url));
        if safe { Ok(url) } else { Err(self.login_failed(unsafe_service())) }
    }

    /// Returns what is asked for, as a query or as the fields of a form.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let service = self.bearer.service.iter().map(|service| ("service", service.clone()));
        match &self.login {
            // See: distribution docs/spec/auth/oauth.md
            Login::Identity(token) => service
                .chain([
                    ("grant_type", "refresh_token".to_owned()),
                    ("client_id", CLIENT.to_owned()),
                    ("refresh_token", token.clone()),
                    ("scope", self.scope.to_string()),
                ])
                .collect(),
            _ => service.chain(self.scope.texts().into_iter().map(|text| ("scope", text))).collect(),
        }
    }

    fn address(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if !matches!(self.login, Login::Identity(_)) {
            url.query_pairs_mut().extend_pairs(self.fields());
        }
        url
    }

    /// Returns the form that an identity token is exchanged with.
    fn form(&self, url: &Url) -> Option<String> {
        let mut form = matches!(self.login, Login::Identity(_)).then(|| url.clone())?;
        form.query_pairs_mut().clear().extend_pairs(self.fields());
        form.query().map(str::to_owned)
    }

    /// Reads the answer. A transient failure stays transient, so that it is retried; any other becomes a login error.
    async fn told(&self, url: &Url, answer: Answer) -> Result<Told, RegistryError> {
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
                return Err(answer.refused(self.what, "200").await);
            }
            status if status.is_server_error() => return Err(answer.refused(self.what, "200").await),
            status => {
                let said = answer.message(self.what).await;
                return Err(self.failed(url, &format!("answered {}{said}", status.as_u16())));
            }
        }
        let bytes = answer.bounded(&format!("token for {}", self.what), MAX_BYTES).await?;
        // What cannot be read may be a token, and is not shown.
        serde_json::from_slice(&bytes)
            .map_err(|_| self.failed(url, "answered with something that is no token"))
    }

    fn failed(&self, url: &Url, reason: &str) -> RegistryError {
        self.login_failed(format!("the token service `{}` {reason}", shown(url)))
    }

    fn login_failed(&self, reason: String) -> RegistryError {
        RegistryError::Login { what: self.what.to_owned(), host: self.endpoint.host.clone(), reason }
    }
}

impl Told {
    /// Returns for how many seconds the token is still good: its age is taken off, by the service's own clock.
    fn good_for(&self, date: Option<&str>) -> u64 {
        let issued = self.issued_at.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        let now = date.and_then(|text| parse_http_date(text.trim()).ok());
        let now = now.and_then(|now| Timestamp::try_from(now).ok());
        let age = issued.zip(now).map_or(0, |(issued, now)| now.as_second() - issued.as_second());
        self.expires_in.unwrap_or(DEFAULT_SECONDS).saturating_sub(u64::try_from(age).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_what_is_left_of_it() {
        let date = Some("Sun, 22 Nov 2026 10:01:00 GMT");
        for (told, date, expected) in [
            (r#"{}"#, date, 60),
            (r#"{"expires_in": 300}"#, date, 300),
            (r#"{"expires_in": 300, "issued_at": "2026-11-22T10:00:00Z"}"#, date, 240),
            (r#"{"expires_in": 300, "issued_at": "2026-11-22T09:00:00Z"}"#, date, 0),
            (r#"{"expires_in": 300, "issued_at": "2026-11-22T11:00:00Z"}"#, date, 300),
            (r#"{"expires_in": 300, "issued_at": "2026-11-22T10:00:00Z"}"#, None, 300),
            (r#"{"expires_in": 300, "issued_at": "yesterday"}"#, date, 300),
        ] {
            let parsed: Told = serde_json::from_str(told).unwrap();
            assert_eq!(parsed.good_for(date), expected, "{told}");
        }
    }
}
