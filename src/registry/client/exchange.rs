//! One question and its answer: with credentials where the registry asks for them, through redirects, and not in silence.

use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Method, RequestBuilder, Url};

use super::answer::{Answer, silent};
use super::session::Session;
use super::silence::{Activity, unless_silent};
use crate::reference::is_loopback;
use crate::registry::auth::Scope;
use crate::registry::auth::credential::Credential;
use crate::registry::endpoint::Endpoint;
use crate::registry::error::RegistryError;
use crate::registry::place::{Place, shown};
use crate::registry::transport::CONNECT;
use crate::registry::transport::proxy::tunnel::refusal;

/// How often an answer may point elsewhere.
const MAX_REDIRECTS: usize = 5;

/// A question.
pub(crate) struct Ask<'a> {
    /// What errors say was asked for.
    pub what: &'a str,
    pub method: Method,
    pub url: Url,
    /// What the credentials must allow; `None` without a login.
    pub login: Option<(&'a Endpoint, Scope)>,
    /// The registry on whose behalf it is asked: its CA is trusted for redirects, too.
    pub home: Option<&'a Endpoint>,
    /// What is done to each request.
    pub prepare: &'a (dyn Fn(RequestBuilder) -> RequestBuilder + Sync),
    /// What is noted while a body goes out.
    pub activity: Activity,
    /// How long nothing may move.
    pub silence: Duration,
}

impl Session {
    /// Sends a GET without a login.
    pub(crate) async fn get(
        &self,
        url: &Url,
        what: &str,
        prepare: &(dyn Fn(RequestBuilder) -> RequestBuilder + Sync),
    ) -> Result<Answer, RegistryError> {
        let ask = Ask {
            what,
            method: Method::GET,
            url: url.clone(),
            login: None,
            home: None,
            prepare,
            activity: Activity::default(),
            silence: self.patience.silence,
        };
        self.follow(&ask, None).await
    }

    /// Asks, and follows where the answer points. Credentials go to the first place only.
    pub(crate) async fn follow(
        &self,
        ask: &Ask<'_>,
        credential: Option<&Credential>,
    ) -> Result<Answer, RegistryError> {
        let mut url = ask.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let there = credential.filter(|_| url.origin() == ask.url.origin());
            let answer = self.ask_once(ask, &url, there).await?;
            match redirect(ask, &answer)? {
                Some(next) => url = next,
                None => return Ok(answer),
            }
        }
        let reason = format!("`{}` redirects more than {MAX_REDIRECTS} times", shown(&ask.url));
        Err(RegistryError::Malformed { what: ask.what.to_owned(), reason })
    }

    async fn ask_once(
        &self,
        ask: &Ask<'_>,
        url: &Url,
        credential: Option<&Credential>,
    ) -> Result<Answer, RegistryError> {
        let transport = &self.transport;
        let request =
            (ask.prepare)(transport.client(url, ask.home).await?.request(ask.method.clone(), url.clone()));
        let request = credential.into_iter().fold(request, |request, credential| credential.apply(request));
        let answered = unless_silent(ask.silence, &ask.activity, request.send()).await;
        let proxy = transport.ways.shown(url);
        let answered = answered.map_err(|_| silent(ask.what, Place::new(url, proxy.clone()), ask.silence))?;
        let response = match answered {
            Ok(response) => response,
            Err(source) => return Err(self.unreachable(ask.what, url, source).await),
        };
        transport.meet(url);
        let secrets = credential.map(Credential::secrets).unwrap_or_default();
        Ok(Answer::new(response, self.patience.silence, secrets, proxy))
    }

    /// Returns the error of a request without an answer. If a proxy refused the tunnel, the error has the proxy's status.
    async fn unreachable(&self, what: &str, url: &Url, source: reqwest::Error) -> RegistryError {
        let (what, transport) = (what.to_owned(), &self.transport);
        let place = Place::new(url, transport.ways.shown(url));
        let tunnel = transport.ways.proxy(url).filter(|_| url.scheme() == "https" && source.is_connect());
        if let (Some(proxy), Some(shown)) = (tunnel, &place.proxy)
            && let Some(status) = refusal(proxy, url, CONNECT).await
        {
            return RegistryError::Proxy { what, proxy: shown.clone(), url: place.url, status };
        }
        let lasting = source.is_connect() && !transport.has_met(url);
        RegistryError::Unreachable { what, place, lasting, source: source.without_url() }
    }
}

/// Reads an address. The error does not repeat an invalid one, as it may hold a password.
pub(crate) fn address(text: &str, what: &str) -> Result<Url, RegistryError> {
    Url::parse(text).map_err(|error| RegistryError::Malformed {
        what: what.to_owned(),
        reason: format!("invalid address: {error}"),
    })
}

/// Returns where an answer points, if it does.
fn redirect(ask: &Ask<'_>, answer: &Answer) -> Result<Option<Url>, RegistryError> {
    let reads = ask.method == Method::GET || ask.method == Method::HEAD;
    if !reads || !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    match answer.header(LOCATION.as_str()) {
        Some(text) => next_place(answer.url(), &text, ask.what).map(Some),
        None => Ok(None),
    }
}

/// Reads a `Location`, relative or absolute. From TLS it does not lead to plain HTTP off this machine.
// See: RFC 9110 section 10.2.2
pub(crate) fn next_place(from: &Url, text: &str, what: &str) -> Result<Url, RegistryError> {
    let malformed = |reason: String| RegistryError::Malformed { what: what.to_owned(), reason };
    let here = shown(from);
    let next = from
        .join(text)
        .map_err(|error| malformed(format!("`{here}` points to an invalid address: {error}")))?;
    let safe = match next.scheme() {
        "https" => true,
        "http" => from.scheme() == "http" || next.host_str().is_some_and(is_loopback),
        _ => false,
    };
    if safe {
        return Ok(next);
    }
    let reason = format!(
        "`{here}` points to `{}`, expected an `https://` address; a proxy before the registry may have to pass on `X-Forwarded-Proto`",
        shown(&next)
    );
    Err(malformed(reason))
}

/// Returns whether an address is one of the endpoint's.
pub(crate) fn is_at(url: &Url, endpoint: &Endpoint) -> bool {
    Url::parse(&endpoint.base()).is_ok_and(|base| base.origin() == url.origin())
}
