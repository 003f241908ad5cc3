//! `bundle serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::command::help::Help;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::{BundleOptions, PathOptions};
use crate::cli::ui::Ui;
use crate::ops::{OpsError, catalog, open, read_text};
use crate::report;
use crate::server::{Limits, Listening, Passwords, Registry, Tls, TlsError};

/// The heading of the options about the listener.
const SERVER: &str = "Server";

const HELP: Help = Help {
    examples: &[
        "bundle serve homelab.tar --key site.pub",
        "bundle serve homelab.tar --key site.pub --listen 0.0.0.0:5000 --tls-generate",
    ],
    success: "stopped by SIGTERM or SIGINT",
    refusal: Some("the bundle was refused"),
    variables: &[],
};

/// Serve a bundle as a read-only OCI registry, straight from the file
///
/// Every request is a line on stderr, unless --quiet is given. The first SIGTERM lets transfers end within 30 seconds, the second aborts
/// them.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    /// Listen on this address; port 0 selects a free port
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5000", help_heading = SERVER)]
    listen: SocketAddr,
    /// Server certificate with its chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = SERVER)]
    tls_cert: Option<PathBuf>,
    /// Private key of the server certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = SERVER)]
    tls_key: Option<PathBuf>,
    /// Generate a self-signed certificate and print its fingerprint
    ///
    /// It is made for this run only. The fingerprint is SHA-256; `--format json` prints the certificate, too.
    #[arg(long, conflicts_with = "tls_cert", help_heading = SERVER)]
    tls_generate: bool,
    /// Name or address for the generated certificate; repeatable
    ///
    /// It always names `localhost` and the address of --listen.
    #[arg(long, value_name = "NAME", requires = "tls_generate", help_heading = SERVER)]
    tls_name: Vec<String>,
    /// Require a user and password from this file, written by `htpasswd -B`
    #[arg(long, value_name = "FILE", help_heading = SERVER)]
    htpasswd: Option<PathBuf>,
    /// Serve plain HTTP beyond loopback
    ///
    /// Anyone on the path can read the traffic and alter tags; content with a digest is safe.
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_generate"], help_heading = SERVER)]
    insecure_plain_http: bool,
    /// Path before every repository, as `prefix` of a site
    #[arg(
        long,
        value_name = "PATH",
        default_value = "",
        hide_default_value = true,
        help_heading = "Registry"
    )]
    prefix: String,
    #[command(flatten)]
    paths: PathOptions,
    /// Connections that are served at once; others wait
    #[arg(long, help_heading = SERVER, value_name = "N", default_value_t = Limits::default().connections, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let (listening, paths) = (self.listening(environment)?, self.paths.paths()?);
        let archive = Arc::new(open(&self.bundle.file, &self.bundle.trust(ui, environment)?)?);
        let failed = |source: std::io::Error| {
            let message = format!("cannot listen on `{}`: {source}", self.listen);
            usage(message, "choose another address with --listen; port 0 selects a free port")
        };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, at_once) = (stop_signals(1).map_err(failed)?, stop_signals(2).map_err(failed)?);
        announce(ui, address, listening.tls.as_ref());
        let catalog = catalog(&archive, self.prefix.trim_matches('/'), &paths, &*ui.reporter());
        let registry = Registry::reporting(catalog, archive, ui.reporter());
        tokio::select! {
            ended = registry.listen(listener, listening, stop) => ended.map_err(failed)?,
            () = at_once => ui.reporter().warn("second stop signal: aborting open transfers".to_owned()),
        }
        Ok(true)
    }

    fn listening(&self, environment: &Environment) -> Result<Listening, OpsError> {
        let tls = self.tls(environment)?;
        if tls.is_none() && !self.listen.ip().is_loopback() && !self.insecure_plain_http {
            let message = format!("`{}` is reachable from other machines, but TLS is off", self.listen);
            let hint = "add --tls-cert FILE --tls-key FILE, --tls-generate, or --insecure-plain-http; or listen on 127.0.0.1";
            return Err(usage(message, hint));
        }
        let limits = Limits { connections: self.connections, ..Limits::default() };
        Ok(Listening { tls, passwords: self.passwords()?, limits })
    }

    fn tls(&self, environment: &Environment) -> Result<Option<Tls>, OpsError> {
        if let (Some(certificate), Some(key)) = (&self.tls_cert, &self.tls_key) {
            let (chain, secret) = (read_text(certificate)?, read_text(key)?);
            let made = Tls::from_pem(chain.as_bytes(), secret.as_bytes(), environment.now);
            let files = format!("`{}` with `{}`", certificate.display(), key.display());
            let refused = |error| usage(format!("{files}: {}", report::chain(&error, ": ")), next(&error));
            return made.map(Some).map_err(refused);
        }
        let names = ["localhost".to_owned(), self.listen.ip().to_string()];
        let names: Vec<_> = names.into_iter().chain(self.tls_name.iter().cloned()).collect();
        let made = self.tls_generate.then(|| Tls::generate(&names, environment.now)).transpose();
        made.map_err(|error| usage(error.to_string(), "write a DNS name or an IP address for --tls-name"))
    }

    fn passwords(&self) -> Result<Option<Passwords>, OpsError> {
        let Some(path) = &self.htpasswd else { return Ok(None) };
        let hint = "write the file with `htpasswd -B`";
        let refused = |error| usage(format!("`{}`: {error}", path.display()), hint);
        Passwords::parse(&read_text(path)?).map(Some).map_err(refused)
    }
}

/// Waits for this number of stop signals.
fn stop_signals(times: usize) -> std::io::Result<impl Future<Output = ()> + Send> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        for _ in 0..times {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
    })
}

fn usage(message: String, hint: &str) -> OpsError {
    OpsError::Usage { message, hint: hint.to_owned() }
}

fn next(error: &TlsError) -> &'static str {
    match error {
        TlsError::Outdated { .. } => "use a certificate that is valid now, or set this machine's clock",
        _ => "give the certificate followed by its chain, and its private key without a password",
    }
}

fn announce(ui: &Ui, address: SocketAddr, tls: Option<&Tls>) {
    let fingerprint = tls.map(Tls::fingerprint);
    let line = fingerprint.iter().map(|found| format!("\ncertificate SHA-256 {found}")).collect::<String>();
    let value = serde_json::json!({
        "address": address.to_string(),
        "fingerprint": fingerprint,
        "certificate": tls.map(Tls::certificate_pem),
    });
    ui.result(&format!("serving on {address}{line}"), &value);
}
