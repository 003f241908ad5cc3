//! `bundle serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::environment::Environment;
use super::error::Failure;
use super::options::{BundleOptions, PathOptions};
use super::ui::Ui;
use crate::ops::{OpsError, catalog, open, read_text};
use crate::registry::server::{Limits, Listening, Passwords, Registry, Tls, TlsError};
use crate::report;

/// Serve a bundle as a read-only OCI registry, straight from the file
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5000")]
    listen: SocketAddr,
    /// The certificate to show, with its chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Make a self-signed certificate for this run; its SHA-256 fingerprint is printed, and with `--format json` itself
    #[arg(long, conflicts_with = "tls_cert")]
    tls_generate: bool,
    /// A name or address that the certificate is made for, besides `localhost` and the one listened on; may be given several times
    #[arg(long, value_name = "NAME", requires = "tls_generate")]
    tls_name: Vec<String>,
    /// Ask for a user and a password of this file, as `htpasswd -B` writes it
    #[arg(long, value_name = "FILE")]
    htpasswd: Option<PathBuf>,
    /// Speak plain HTTP with other machines: who is between them and this one can read along, and change what has no digest
    #[arg(long, conflicts_with_all = ["tls_cert", "tls_generate"])]
    insecure_plain_http: bool,
    /// A path before every repository, as the site's `prefix`
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    prefix: String,
    #[command(flatten)]
    paths: PathOptions,
    /// How many connections are served at once
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    connections: u32,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let (listening, paths) = (self.listening(environment)?, self.paths.paths()?);
        let archive = Arc::new(open(&self.bundle.file, &self.bundle.trust(ui, environment)?)?);
        let failed = |source: std::io::Error| {
            let message = format!("failed to listen on `{}`: {source}", self.listen);
            usage(message, "name another address with --listen; port 0 takes a free one")
        };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (stop, at_once) = (told(1).map_err(failed)?, told(2).map_err(failed)?);
        announce(ui, address, listening.tls.as_ref());
        let catalog = catalog(&archive, self.prefix.trim_matches('/'), &paths, &*ui.reporter());
        let registry = Registry::reporting(catalog, archive, ui.reporter());
        tokio::select! {
            ended = registry.listen(listener, listening, stop) => ended.map_err(failed)?,
            () = at_once => ui.reporter().warn("told twice to stop: what was still being sent is broken off".to_owned()),
        }
        Ok(true)
    }

    fn listening(&self, environment: &Environment) -> Result<Listening, OpsError> {
        let tls = self.tls(environment)?;
        if tls.is_none() && !self.listen.ip().is_loopback() && !self.insecure_plain_http {
            let message =
                format!("`{}` can be reached from other machines, and there is no TLS", self.listen);
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
        made.map_err(|error| usage(error.to_string(), "write a name or an address for --tls-name"))
    }

    fn passwords(&self) -> Result<Option<Passwords>, OpsError> {
        let Some(path) = &self.htpasswd else { return Ok(None) };
        let hint = "write it with `htpasswd -B`";
        let refused = |error| usage(format!("`{}`: {error}", path.display()), hint);
        Passwords::parse(&read_text(path)?).map(Some).map_err(refused)
    }
}

/// Waits until the program was told to stop so many times.
fn told(times: usize) -> std::io::Result<impl Future<Output = ()> + Send> {
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
        TlsError::Outdated { .. } => "give a certificate that is good now, or set this machine's clock",
        _ => {
            "give the certificate first and its chain after it, and the key that belongs to it, without a password"
        }
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
