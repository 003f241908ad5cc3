//! `bundle serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::environment::Environment;
use super::error::Failure;
use super::options::BundleOptions;
use super::ui::Ui;
use crate::ops::{OpsError, catalog, open};
use crate::registry::server::Registry;

/// Serve a bundle as a read-only OCI registry, straight from the file
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    bundle: BundleOptions,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5000")]
    listen: SocketAddr,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let archive = Arc::new(open(&self.bundle.file, &self.bundle.trust(ui, environment)?)?);
        let failed = |source: std::io::Error| OpsError::Usage {
            message: format!("failed to listen on `{}`: {source}", self.listen),
            hint: "name another address with --listen; port 0 takes a free one".to_owned(),
        };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
        ui.result(&format!("serving on {address}"), &serde_json::json!({"address": address.to_string()}));
        let stop = async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        };
        Registry::reporting(catalog(&archive), archive, ui.reporter())
            .serve(listener, stop)
            .await
            .map_err(failed)?;
        Ok(true)
    }
}
