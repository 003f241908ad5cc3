//! What all requests of a client share.

use super::clock::Clock;
use super::retry::{Attempts, Patience};
use crate::registry::auth::Credentials;
use crate::registry::transport::Transport;
use crate::spec::Registries;

/// The connections, the credentials and the patience of a client.
pub(crate) struct Session {
    pub transport: Transport,
    pub registries: Registries,
    pub credentials: Credentials,
    pub patience: Patience,
    pub clock: Clock,
}

impl Session {
    /// Returns the attempts at one thing; none has been made yet.
    pub(crate) fn attempts(&self) -> Attempts<'_> {
        Attempts::new(&self.patience, &self.clock)
    }
}
