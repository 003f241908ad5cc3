//! Groups of options that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::error::Failure;
use super::signers::SignerOptions;
use super::ui::Ui;
use crate::cluster::ConnectOptions;
use crate::ops::{OpsError, SiteChoice, Trust, Upstream, read_site, read_text};
use crate::registry::{Access, Endpoint, Patience};
use crate::report::Event;
use crate::spec::{Certificates, DenyList, Platform, Registries};
use crate::trust::{TrustedRoot, trusted_root};

/// How results are printed.
#[derive(Args)]
pub struct OutputOptions {
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print nothing but results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// A form of output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A bundle, and whom the operator trusts.
#[derive(Args)]
pub struct BundleOptions {
    /// The bundle
    pub file: PathBuf,
    #[command(flatten)]
    signers: SignerOptions,
    #[command(flatten)]
    root: TrustedRootOptions,
    #[command(flatten)]
    deny: DenyOptions,
}

impl BundleOptions {
    pub fn trust(&self, ui: &Ui, environment: &Environment) -> Result<Trust, Failure> {
        let bundle = self.signers.trust()?;
        Ok(Trust { bundle, root: self.root.root(ui, environment)?, deny: self.deny.list()? })
    }
}

/// What keyless signatures are checked against.
#[derive(Args)]
pub struct TrustedRootOptions {
    /// The Sigstore trusted root that keyless signatures are checked against [default: the public one, built in]
    #[arg(long, value_name = "FILE")]
    trusted_root: Option<PathBuf>,
}

impl TrustedRootOptions {
    /// Returns the root that was given, or the one built in, with a warning where that is old.
    pub fn root(&self, ui: &Ui, environment: &Environment) -> Result<TrustedRoot, OpsError> {
        let Some(path) = &self.trusted_root else {
            if let Some(warning) = trusted_root::embedded_is_old(environment.now) {
                ui.reporter().event(Event::Warning(warning));
            }
            let name = "built in".to_owned();
            return TrustedRoot::embedded().map_err(|source| OpsError::TrustedRoot { name, source });
        };
        let name = path.display().to_string();
        TrustedRoot::parse(read_text(path)?.as_bytes())
            .map_err(|source| OpsError::TrustedRoot { name, source })
    }
}

/// What is refused, signed or not.
#[derive(Args)]
pub struct DenyOptions {
    /// A deny list that is added to the one built in; may be given several times
    #[arg(long, value_name = "FILE")]
    deny: Vec<PathBuf>,
}

impl DenyOptions {
    fn list(&self) -> Result<DenyList, OpsError> {
        self.deny.iter().try_fold(DenyList::shipped()?, |list, path| {
            Ok(list.and(DenyList::parse(&read_text(path)?, &path.display().to_string())?))
        })
    }
}

/// The site.
#[derive(Args)]
pub struct SiteOptions {
    /// The site file
    #[arg(long, value_name = "FILE")]
    site: PathBuf,
    /// The platform, instead of the site file's
    #[arg(long, value_enum)]
    platform: Option<PlatformName>,
}

/// A platform's name.
#[derive(Clone, Copy, ValueEnum)]
enum PlatformName {
    /// K3s
    K3s,
    /// Talos Linux
    Talos,
}

impl SiteOptions {
    pub fn choice(&self) -> Result<SiteChoice, Failure> {
        let platform = self.platform.map(|name| match name {
            PlatformName::K3s => Platform::K3s,
            PlatformName::Talos => Platform::Talos,
        });
        Ok(SiteChoice { name: self.site.display().to_string(), site: read_site(&self.site)?, platform })
    }
}

/// How the cluster is reached.
#[derive(Args)]
pub struct ClusterOptions {
    /// The kubeconfig file [default: $KUBECONFIG, then ~/.kube/config, then the pod's own]
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl ClusterOptions {
    pub fn connect(&self, environment: &Environment) -> ConnectOptions {
        let named = self.kubeconfig.clone().map(|path| vec![path]);
        let listed = environment.kubeconfig.as_ref().map(|list| std::env::split_paths(list).collect());
        let home =
            environment.home.as_ref().map(|home| home.join(".kube/config")).filter(|path| path.exists());
        let kubeconfigs = named.or(listed).unwrap_or_else(|| home.into_iter().collect());
        ConnectOptions { kubeconfigs, context: self.context.clone() }
    }
}

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
        Access { proxies: environment.proxies.clone(), patience, ..Access::default() }
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
    /// Speak plain HTTP with this registry host; on a loopback address that is the default
    #[arg(long, value_name = "HOST")]
    plain_http: Vec<String>,
    /// The only authorities that may vouch for this registry (PEM), instead of this machine's
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

impl RegistryOptions {
    pub fn access(&self, endpoint: &Endpoint, environment: &Environment) -> Access {
        self.network.access(environment).with_certificates(&endpoint.host, &self.certificates())
    }

    fn certificates(&self) -> Certificates {
        Certificates {
            ca: self.ca.clone(),
            client_certificate: self.client_certificate.clone(),
            client_key: self.client_key.clone(),
        }
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
        let plain = self.plain_http.iter().any(|plain| plain == host).then_some(true);
        let plain = plain.or(self.certificates().are_given().then_some(false));
        Ok(Endpoint::new(host, plain, prefix.trim_matches('/')))
    }
}
