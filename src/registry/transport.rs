//! The connections: one pool for plain HTTP, one for TLS, and one for each host with certificates of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{ClientBuilder, Proxy, Url, redirect};
use tokio::sync::OnceCell;

use super::access::Access;
use super::certificates::{self, Pem};
use super::error::{AUTHORITY, RegistryError};
use super::proxy::Ways;

/// How long a connection may take to come about.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// How many headers an answer may have.
const MAX_HEADERS: usize = 100;

/// The pools of connections.
pub(super) struct Transport {
    /// The proxies.
    pub(super) ways: Ways,
    own: BTreeMap<String, reqwest::Client>,
    plain: OnceCell<reqwest::Client>,
    tls: OnceCell<reqwest::Client>,
    met: Mutex<BTreeSet<String>>,
}

impl Transport {
    /// Reads the certificates. No connection is made yet.
    pub(super) fn new(access: &Access) -> Result<Self, RegistryError> {
        let ways = Ways::new(&access.proxies)?;
        let mut own = BTreeMap::new();
        for (host, files) in &access.certificates {
            let client = with_own(builder(&ways), host, &certificates::read(host, files)?)?;
            own.insert(host_and_port(host), client);
        }
        let (plain, tls) = (OnceCell::new(), OnceCell::new());
        Ok(Self { ways, own, plain, tls, met: Mutex::default() })
    }

    /// Returns the client for an address.
    pub(super) async fn client(&self, url: &Url) -> Result<&reqwest::Client, RegistryError> {
        if url.scheme() == "http" && !self.ways.has_tls_before_plain() {
            // No authority is needed, and a machine without any can still talk to plain registries.
            return self.plain.get_or_try_init(|| async { build(self.builder().tls_certs_only([])) }).await;
        }
        match self.own.get(&origin(url)) {
            Some(client) => Ok(client),
            None => self.tls.get_or_try_init(|| async { build(self.builder()) }).await,
        }
    }

    fn builder(&self) -> ClientBuilder {
        builder(&self.ways)
    }

    /// Notes that a host has answered.
    pub(super) fn meet(&self, url: &Url) {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).insert(origin(url));
    }

    /// Returns whether a host has ever answered.
    pub(super) fn has_met(&self, url: &Url) -> bool {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).contains(&origin(url))
    }
}

/// Redirects are followed elsewhere, as each host has certificates and credentials of its own; silence is watched there, too.
fn builder(ways: &Ways) -> ClientBuilder {
    let ways = ways.clone();
    reqwest::Client::builder()
        .user_agent(concat!("bundle/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .redirect(redirect::Policy::none())
        .http1_max_headers(MAX_HEADERS)
        .no_proxy()
        .proxy(Proxy::custom(move |url| ways.proxy(url).cloned()))
}

fn build(builder: ClientBuilder) -> Result<reqwest::Client, RegistryError> {
    builder.build().map_err(|error| setup("TLS on this machine", &error))
}

fn with_own(builder: ClientBuilder, host: &str, pem: &Pem) -> Result<reqwest::Client, RegistryError> {
    let builder = match &pem.authorities {
        Some(authorities) => builder.tls_certs_only(authorities.iter().cloned()),
        None => builder,
    };
    let builder = pem.identity.iter().cloned().fold(builder, ClientBuilder::identity);
    builder.build().map_err(|error| setup(&format!("the certificates of `{host}`"), &error))
}

pub(super) fn setup(what: &str, error: &reqwest::Error) -> RegistryError {
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        reason = format!("{reason}: {next}");
        cause = next.source();
    }
    RegistryError::Setup { what: what.to_owned(), reason, hint: AUTHORITY }
}

/// Returns host and port of an address.
pub(super) fn origin(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

fn host_and_port(host: &str) -> String {
    Url::parse(&format!("https://{host}/")).map_or_else(|_| host.to_owned(), |url| origin(&url))
}
