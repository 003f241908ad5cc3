//! The connections of the registry: where it listens, TLS, who may ask, and how long one may be idle.

pub(super) mod listen;
pub(super) mod passwords;
pub(super) mod running;
pub(super) mod tls;

mod access;
mod patient;
