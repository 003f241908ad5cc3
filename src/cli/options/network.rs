//! How registries are reached.

use std::path::PathBuf;

use clap::Args;

use super::trust::{DenyOptions, TrustedRootOptions};
use crate::cli::environment::Environment;
use crate::cli::error::Failure;
use crate::cli::ui::Ui;
use crate::ops::{OpsError, Upstream, read_text};
use crate::registry::{Access, Endpoint, Patience};
use crate::spec::site::SiteRegistry;
use crate::spec::{Certificates, HostPaths, Registries};

/// How registries are borne with.
#[derive(Args)]
pub struct NetworkOptions {
    /// How often a request is made again that failed for a reason that passes
    #[arg(long, value_name = "N", default_value_t = Patience::default().retries)]
    retries: u32,
}

impl NetworkOptions {
    pub fn access(&self, environment: &Environment) -> Access {
        let patience = Patience { retries: self.retries, ..Patience::default() };
        let (proxies, logins) = (environment.proxies.clone(), environment.logins.clone());
        Access { proxies, logins, patience, ..Access::default() }
    }
}

/// How upstream is reached.
#[derive(Args)]
pub struct UpstreamOptions {
    /// A file that maps upstream's hosts to where they are really asked
    #[arg(long, value_name = "FILE")]
    registries: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    root: TrustedRootOptions,
    #[command(flatten)]
    deny: DenyOptions,
}

impl UpstreamOptions {
    /// Returns the files that are read.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        let lists = self.registries.iter().chain(self.root.file()).chain(self.deny.files());
        lists.cloned().collect::<Vec<_>>().into_iter()
    }

    pub fn upstream(&self, ui: &Ui, environment: &Environment) -> Result<Upstream, Failure> {
        let registries = match &self.registries {
            Some(path) => {
                Registries::parse(&read_text(path)?, &path.display().to_string()).map_err(OpsError::from)?
            }
            None => Registries::default(),
        };
        let (root, access) = (self.root.root(ui, environment)?, self.network.access(environment));
        Ok(Upstream::new(registries, self.deny.list()?, root, &access)?)
    }
}

/// The target registry of a push.
#[derive(Args)]
pub struct RegistryOptions {
    /// The registry: HOST[:PORT][/PREFIX]
    registry: String,
    #[command(flatten)]
    access: RegistryAccessOptions,
}

/// Where upstream's repositories lie in a registry.
#[derive(Args)]
pub struct PathOptions {
    /// Put what comes from an upstream host below a path of its own, as the site's `paths`; may be given several times
    #[arg(long = "path", value_name = "HOST=PATH")]
    paths: Vec<String>,
}

impl PathOptions {
    pub fn paths(&self) -> Result<HostPaths, Failure> {
        let mut paths = HostPaths::default();
        for given in &self.paths {
            let usage = |message, hint: &str| OpsError::Usage { message, hint: hint.to_owned() };
            let (host, path) = given.split_once('=').ok_or_else(|| {
                usage(format!("`--path {given}` names no host with a path"), "write --path quay.io=quay")
            })?;
            paths
                .add(host, path)
                .map_err(|refused| usage(format!("`--path {given}`: {refused}"), refused.hint()))?;
        }
        Ok(paths)
    }
}

/// How a registry is reached that is written to.
#[derive(Args)]
pub struct RegistryAccessOptions {
    /// Speak plain HTTP with this registry host; on a loopback address that is the default
    #[arg(long, value_name = "HOST")]
    plain_http: Vec<String>,
    /// The only authorities that may vouch for this registry (PEM), instead of this machine's; for its token service, both may
    #[arg(long, value_name = "FILE")]
    ca: Option<String>,
    /// The certificate that this machine shows to the registry (PEM)
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_certificate: Option<String>,
    /// The key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    client_key: Option<String>,
    #[command(flatten)]
    network: NetworkOptions,
}

impl RegistryAccessOptions {
    /// Returns where a host is asked and how. What nobody said here is as the site says of its registry, if it is that one.
    pub fn reaching(&self, host: &str, site: &SiteRegistry, environment: &Environment) -> (Endpoint, Access) {
        let is_site = [Some(&site.address), site.pod_address.as_ref()].contains(&Some(&host.to_owned()));
        let (given, plain) = (self.certificates(), self.plain(host));
        let certificates = if is_site && !given.are_given() { &site.certificates } else { &given };
        let plain = plain.or(site.plain_http.filter(|_| is_site));
        let endpoint = Endpoint::new(host, plain, "");
        let access = self.network.access(environment).with_certificates(&endpoint.host, certificates);
        (endpoint, access)
    }

    /// Returns whether plain HTTP is spoken with a host, where something was said about it.
    fn plain(&self, host: &str) -> Option<bool> {
        let plain = self.plain_http.iter().any(|plain| plain == host).then_some(true);
        plain.or(self.certificates().are_given().then_some(false))
    }

    fn certificates(&self) -> Certificates {
        Certificates {
            ca: self.ca.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
            ..Certificates::default()
        }
    }
}

impl RegistryOptions {
    pub fn access(&self, endpoint: &Endpoint, environment: &Environment) -> Access {
        let access = self.access.network.access(environment);
        access.with_certificates(&endpoint.host, &self.access.certificates())
    }

    pub fn endpoint(&self) -> Result<Endpoint, Failure> {
        let (host, prefix) = self.registry.split_once('/').unwrap_or((&self.registry, ""));
        if !crate::spec::is_host(host) {
            let message = format!("`{}` is not the address of a registry", self.registry);
            return Err(OpsError::Usage {
                message,
                hint: "write HOST[:PORT][/PREFIX], without `http://`".to_owned(),
            }
            .into());
        }
        Ok(Endpoint::new(host, self.access.plain(host), prefix.trim_matches('/')))
    }
}
