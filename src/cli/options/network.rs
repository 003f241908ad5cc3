//! How patiently registries are asked.

use clap::Args;

use crate::cli::environment::Environment;
use crate::registry::{Access, Patience};

/// Retries, and the environment's proxies and logins.
#[derive(Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkOptions {
    /// Retries of a request after a transient failure
    ///
    /// Transient failures are 429, 5xx and dropped connections. Retries of one request end after two minutes in any case.
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
