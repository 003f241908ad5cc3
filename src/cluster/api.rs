//! The API server: how it is reached, and one client for every request.

pub(super) mod answer;
pub(super) mod client;
pub(super) mod connect;
mod credentials;
pub(super) mod error;
#[cfg(test)]
pub(super) mod fake;
pub(super) mod kubeconfig;
pub(super) mod pace;
pub(super) mod progress;
mod request;
pub(super) mod watch;
