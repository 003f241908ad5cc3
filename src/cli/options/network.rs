//! How patiently registries are asked.

use clap::Args;

use crate::cli::environment::Environment;
use crate::registry::{Access, Patience};

/// Retries, and the environment's proxies and logins.
#[derive(Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkOptions {
    /// Maximum number of retries for transient failures
    ///
    /// Transient failures are 429, 5xx and dropped connections. A request is retried for at most two minutes.
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
