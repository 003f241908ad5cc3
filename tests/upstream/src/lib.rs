//! What the tests of `bundle` share: a stand-in for the internet, and what runs the programs against it.
//!
//! The program `upstream` starts the same stand-in by itself, for the demonstration and the benchmark.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests stop at what they do not expect"
)]

pub mod authority;
pub mod carried;
pub mod cluster;
pub mod edit;
pub mod internet;
pub mod listing;
pub mod made;
pub mod observability;
pub mod programs;
pub mod served;
pub mod signing;
pub mod split;
pub mod support;
pub mod tiny;
pub mod tls;
