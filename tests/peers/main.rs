//! Real programs read what `bundle` makes, and `bundle` reads what they make: cosign, crane, skopeo, registries, API servers,
//! the decoders of Talos, K3s, Flux and Argo CD, Prometheus, gator.
//!
//! A missing program is a failure, which says what builds it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests stop at what they do not expect"
)]

mod access;
mod alerts;
mod cluster;
mod compose;
mod conformance;
mod cosign;
mod extract;
mod gitops;
mod host_paths;
mod logins;
mod matrix;
mod matrix_clients;
mod network;
mod nodes;
mod parts;
mod policies;
mod probes;
mod pushed;
mod read;
mod registry;
mod served;
mod signing;
mod sigstore;
mod sites;
mod standins;
mod tokens;
