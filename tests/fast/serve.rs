//! `bundle serve`, as a process: what it answers, what it refuses, and what it costs.

mod conformance;
mod disturbed;
mod guarded;
mod memory;
mod shown;

use std::future::Future;

/// Returns a client without proxies and without trusted CAs.
fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client")
}

/// Runs something to its end, on threads of its own.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("threads").block_on(work)
}
