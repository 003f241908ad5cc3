//! One question and its answer: with credentials where the registry asks for them, through redirects, and not in silence.

use std::time::Duration;

use reqwest::header::LOCATION;
use reqwest::{Method, RequestBuilder, StatusCode, Url};

use super::answer::{Answer, shown, silent};
use super::auth::{Credential, Scope};
use super::client::Client;
use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::place::Place;
use super::proxy::refusal;
use super::silence::{Activity, unless_silent};
use super::transport::CONNECT;
use crate::reference::is_loopback;

/// How often an answer may point elsewhere.
const MAX_REDIRECTS: usize = 5;

/// A question.
pub(super) struct Ask<'a> {
    /// What errors say was asked for.
    pub what: &'a str,
    pub method: Method,
    pub url: Url,
    /// What the credentials must allow; `None` where nobody logs in.
    pub login: Option<(&'a Endpoint, Scope)>,
    /// The registry on whose behalf it is asked: its authorities may vouch for where it sends to.
    pub home: Option<&'a Endpoint>,
    /// What is done to each request.
    pub prepare: &'a (dyn Fn(RequestBuilder) -> RequestBuilder + Sync),
    /// What is noted while a body goes out.
    pub activity: Activity,
    /// How long nothing may move.
    pub silence: Duration,
}

impl Client {
    /// Asks; where the registry wants credentials, obtains them and asks once more.
    pub(super) async fn exchange(&self, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        // What a registry sends elsewhere is not the place where one logs in.
        let own = |(endpoint, _): &&(&Endpoint, Scope)| is_at(&ask.url, endpoint);
        let Some((endpoint, scope)) = ask.login.as_ref().filter(own) else {
            return self.follow(ask, None).await;
        };
        let used = self.inner.credentials.known(endpoint, scope, self.inner.clock.now()).await;
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

    /// Asks, and follows where the answer points. Credentials go to the first place only.
    pub(super) async fn follow(
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
        let transport = &self.inner.transport;
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
        Ok(Answer::new(response, self.inner.patience.silence, secrets, proxy))
    }

    /// Returns the error of a request that nobody answered. Where it is a proxy that let nobody through, it is the proxy's answer.
    async fn unreachable(&self, what: &str, url: &Url, source: reqwest::Error) -> RegistryError {
        let (what, transport) = (what.to_owned(), &self.inner.transport);
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
pub(super) fn next_place(from: &Url, text: &str, what: &str) -> Result<Url, RegistryError> {
    let malformed = |reason: String| RegistryError::Malformed { what: what.to_owned(), reason };
    let here = shown(from);
    let next = from
        .join(text)
        .map_err(|error| malformed(format!("`{here}` points to what is no address: {error}")))?;
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
pub(super) fn is_at(url: &Url, endpoint: &Endpoint) -> bool {
    Url::parse(&endpoint.base()).is_ok_and(|base| base.origin() == url.origin())
}
