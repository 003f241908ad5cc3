//! The connections: one pool for plain HTTP, one for TLS, and one for each host with certificates of its own.

mod certificates;
pub(super) mod proxy;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Certificate, ClientBuilder, Proxy, Url, redirect};
use tokio::sync::OnceCell;

use super::endpoint::Endpoint;
use super::error::RegistryError;
use super::error::hint::NO_STORE;
use super::place::host_and_port;
use crate::report::chain;
use crate::spec::Certificates;
use certificates::{Pem, setup};
use proxy::{Proxies, Ways};

/// How long a connection may take to come about.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// How many headers an answer may have.
const MAX_HEADERS: usize = 100;

/// The pools of connections.
pub(crate) struct Transport {
    /// The proxies.
    pub(super) ways: Ways,
    own: BTreeMap<String, Own>,
    plain: OnceCell<reqwest::Client>,
    tls: OnceCell<reqwest::Client>,
    met: Mutex<BTreeSet<String>>,
}

/// How a host with certificates of its own is reached, and where it sends to.
struct Own {
    client: reqwest::Client,
    authorities: Vec<Certificate>,
    elsewhere: OnceCell<reqwest::Client>,
}

impl Transport {
    /// Reads the certificates. No connection is made yet.
    pub(super) fn new(
        proxies: &Proxies,
        certificates: &BTreeMap<String, Certificates>,
    ) -> Result<Self, RegistryError> {
        let ways = Ways::new(proxies)?;
        let mut own = BTreeMap::new();
        for (host, files) in certificates {
            let pem = certificates::read(host, files)?;
            let client = with_own(builder(&ways), host, &pem)?;
            let (authorities, elsewhere) = (pem.authorities.unwrap_or_default(), OnceCell::new());
            own.insert(of_host(host), Own { client, authorities, elsewhere });
        }
        let (plain, tls) = (OnceCell::new(), OnceCell::new());
        Ok(Self { ways, own, plain, tls, met: Mutex::default() })
    }

    /// Returns the client for an address. `home` is the registry that sent there, if one did.
    pub(super) async fn client(
        &self,
        url: &Url,
        home: Option<&Endpoint>,
    ) -> Result<&reqwest::Client, RegistryError> {
        if url.scheme() == "http" && !self.ways.has_tls_before_plain() {
            // No authority is needed, and a machine without any can still talk to plain registries.
            return self.plain.get_or_try_init(|| async { build(self.builder().tls_certs_only([])) }).await;
        }
        if let Some(own) = self.own.get(&host_and_port(url)) {
            return Ok(&own.client);
        }
        let home = home.and_then(|home| self.own.get(&of_host(&home.host)));
        match home.filter(|home| !home.authorities.is_empty()) {
            Some(home) => self.elsewhere(home).await,
            None => self.tls.get_or_try_init(|| async { build(self.builder()) }).await,
        }
    }

    /// Returns the client for the token service or the store of a registry with its own CA, which is trusted for them, too,
    /// beside this machine's. The client certificate is for the registry alone.
    async fn elsewhere<'a>(&'a self, home: &'a Own) -> Result<&'a reqwest::Client, RegistryError> {
        let authorities = home.authorities.iter().cloned();
        home.elsewhere.get_or_try_init(|| async { build(self.builder().tls_certs_merge(authorities)) }).await
    }

    fn builder(&self) -> ClientBuilder {
        builder(&self.ways)
    }

    /// Notes that a host has answered.
    pub(super) fn meet(&self, url: &Url) {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).insert(host_and_port(url));
    }

    /// Returns whether a host has ever answered.
    pub(super) fn has_met(&self, url: &Url) -> bool {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).contains(&host_and_port(url))
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
    builder.build().map_err(|error| RegistryError::Setup {
        what: "TLS on this machine".to_owned(),
        reason: chain(&error, ": "),
        hint: NO_STORE,
    })
}

fn with_own(builder: ClientBuilder, host: &str, pem: &Pem) -> Result<reqwest::Client, RegistryError> {
    let builder = match &pem.authorities {
        Some(authorities) => builder.tls_certs_only(authorities.iter().cloned()),
        None => builder,
    };
    let builder = pem.identity.iter().cloned().fold(builder, ClientBuilder::identity);
    builder.build().map_err(|error| setup(&format!("the certificates of `{host}`"), &error))
}

fn of_host(host: &str) -> String {
    Url::parse(&format!("https://{host}/")).map_or_else(|_| host.to_owned(), |url| host_and_port(&url))
}
