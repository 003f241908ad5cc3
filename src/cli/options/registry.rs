//! The registry that is written to.

use clap::Args;

use super::network::NetworkOptions;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::ops::OpsError;
use crate::registry::{Access, Endpoint};
use crate::spec::site::SiteRegistry;
use crate::spec::{Certificates, HostPaths};

/// The target registry of a push.
#[derive(Args)]
pub struct RegistryOptions {
    /// Registry: HOST[:PORT][/PREFIX]
    #[arg(help_heading = None::<&str>)]
    registry: String,
    #[command(flatten)]
    access: RegistryAccessOptions,
}

/// The repositories' paths in a registry.
#[derive(Args)]
#[command(next_help_heading = "Registry")]
pub struct PathOptions {
    /// Put repositories of HOST below PATH, as `paths` of a site; repeatable
    #[arg(long = "path", value_name = "HOST=PATH")]
    paths: Vec<String>,
}

impl PathOptions {
    pub fn paths(&self) -> Result<HostPaths, Failure> {
        let mut paths = HostPaths::default();
        for given in &self.paths {
            let usage = |message, hint: &str| OpsError::Usage { message, hint: hint.to_owned() };
            let (host, path) = given.split_once('=').ok_or_else(|| {
                usage(format!("`--path {given}` is not HOST=PATH"), "write --path quay.io=quay")
            })?;
            paths
                .add(host, path)
                .map_err(|refused| usage(format!("`--path {given}`: {refused}"), refused.hint()))?;
        }
        Ok(paths)
    }
}

/// How the registry is reached.
#[derive(Args)]
#[command(next_help_heading = "Registry")]
pub struct RegistryAccessOptions {
    /// Use plain HTTP for this registry host; default on loopback; repeatable
    #[arg(long, value_name = "HOST")]
    plain_http: Vec<String>,
    /// CA certificates (PEM) to trust for the registry, not the system's
    ///
    /// Its token service may use either: a CA of this file, or one that the system trusts.
    #[arg(long, value_name = "FILE")]
    ca: Option<String>,
    /// Client certificate for the registry (PEM)
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_certificate: Option<String>,
    /// Private key of the client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "client_certificate")]
    client_key: Option<String>,
    #[command(flatten)]
    network: NetworkOptions,
}

impl RegistryAccessOptions {
    /// Returns the address of a host, and how it is reached. For the site's own registry, the site file supplies what is not given
    /// here.
    pub fn reaching(&self, host: &str, site: &SiteRegistry, environment: &Environment) -> (Endpoint, Access) {
        let is_site = [Some(&site.address), site.pod_address.as_ref()].contains(&Some(&host.to_owned()));
        let (given, plain) = (self.certificates(), self.plain(host));
        let certificates = if is_site && !given.are_given() { &site.certificates } else { &given };
        let plain = plain.or(site.plain_http.filter(|_| is_site));
        let endpoint = Endpoint::new(host, plain, "");
        let access = self.network.access(environment).with_certificates(&endpoint.host, certificates);
        (endpoint, access)
    }

    /// Returns whether a host is asked with plain HTTP, if the options decide it.
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
