//! What needs the program and loopback alone: one binary, one module a subject.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests stop at what they do not expect"
)]

mod alerts;
mod checksums;
mod cli;
mod compose;
mod docs;
mod extract;
mod falco;
mod gatekeeper_policies;
mod gitops;
mod keyless;
mod large_files;
mod layers;
mod lies;
mod main_path;
mod nodes;
mod outputs;
mod parts;
mod policies;
mod registry_faults;
mod repack;
mod serve;
mod signing;
mod sites;
mod spec_faults;
mod tamper;
mod words;
