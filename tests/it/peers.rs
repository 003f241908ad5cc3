//! Real peers read what we make: cosign, crane, skopeo and tar the file, docker-registry and crane's registry what is pushed,
//! crane, cosign, oras and skopeo what is served; falcoctl and Trivy both, and the distribution spec's own conformance test.
//!
//! Where a program is not there, its test says so and passes, except on CI.

mod access;
pub mod authority;
mod conformance;
mod host_paths;
mod logins;
mod matrix;
mod matrix_clients;
pub mod programs;
mod pushed;
mod read;
pub mod registry;
mod served;
mod shown;
pub mod tls;
mod tokens;
