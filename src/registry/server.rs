//! A registry that runs inside this program: `bundle serve` is one, and tests use the same.
//!
//! It answers the pull side of the OCI distribution protocol from any [`BlobSource`]; with a memory of its own
//! it also takes pushes. Blobs are hashed as they leave: the last piece of one that does not match is withheld.

mod access;
mod blob;
mod catalog;
mod conditions;
mod health;
mod leaving;
mod listen;
mod listing;
mod memory;
mod passwords;
mod patient;
mod pieces;
mod read;
mod readers;
mod target;
mod tls;
mod view;
mod write;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderValue, Method, StatusCode, header};
use tokio::net::TcpListener;

pub use catalog::{Catalog, Stored};
use health::HealthOfAll;
pub use listen::{Limits, Listening};
pub use memory::Memory;
pub use passwords::{InvalidPasswords, Passwords};
use pieces::Pieces;
use readers::Readers;
use target::{Target, decode};
pub use tls::{Tls, TlsError};

use crate::digest::Digest;
use crate::reference::is_repository;
use crate::report::{Reporter, Silent};
use crate::store::BlobSource;

/// A registry's contents and, where it takes pushes, its memory.
pub struct Registry {
    catalog: RwLock<Catalog>,
    blobs: Arc<dyn BlobSource>,
    memory: Option<Arc<Memory>>,
    health: HealthOfAll,
    readers: Readers,
    pieces: Pieces,
    reporter: Arc<dyn Reporter>,
}

impl Registry {
    /// Makes a registry that only answers.
    #[must_use]
    pub fn read_only(catalog: Catalog, blobs: Arc<dyn BlobSource>) -> Arc<Self> {
        Self::reporting(catalog, blobs, Arc::new(Silent))
    }

    /// Makes a registry that only answers, and tells somebody what it does.
    #[must_use]
    pub fn reporting(catalog: Catalog, blobs: Arc<dyn BlobSource>, reporter: Arc<dyn Reporter>) -> Arc<Self> {
        let catalog = RwLock::new(catalog.with_fallback_tags());
        Arc::new(Self::of(catalog, blobs, None, reporter))
    }

    /// Makes an empty registry that takes pushes and keeps everything in memory.
    #[must_use]
    pub fn writable() -> Arc<Self> {
        let memory = Arc::new(Memory::default());
        let (catalog, blobs, reporter) = (RwLock::default(), memory.clone(), Arc::new(Silent));
        Arc::new(Self::of(catalog, blobs, Some(memory), reporter))
    }

    fn of(
        catalog: RwLock<Catalog>,
        blobs: Arc<dyn BlobSource>,
        memory: Option<Arc<Memory>>,
        reporter: Arc<dyn Reporter>,
    ) -> Self {
        let (health, readers, pieces) = (HealthOfAll::default(), Readers::default(), Pieces::default());
        Self { catalog, blobs, memory, health, readers, pieces, reporter }
    }

    fn report_altered(&self, digest: Digest) {
        if self.health.of(digest).set_altered() {
            self.reporter.warn(format!(
                "blob `{digest}` was altered: it does not match its digest and is not served again; start anew with a good copy"
            ));
        }
    }

    fn report_unreadable(&self, digest: Digest, reason: &std::io::Error) {
        self.reporter.warn(format!("blob `{digest}` cannot be read: {reason}"));
    }

    fn catalog(&self) -> std::sync::RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn catalog_mut(&self) -> std::sync::RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Serves until `stop` ends; connections that are open then may finish.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        self.listen(listener, Listening::default(), stop).await
    }

    /// Serves on a loopback port that the system chooses, for as long as the returned guard lives.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn spawn(self: Arc<Self>) -> std::io::Result<Running> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move { self.serve(listener, std::future::pending()).await });
        Ok(Running { address, task })
    }
}

/// A registry that runs until this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(registry: &Arc<Registry>, request: Request) -> Response {
    let path = decode(request.uri().path()).into_owned();
    let Some(target) = Target::of(&path) else { return error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", &path) };
    if let Some(name) = target.name().filter(|name| !is_repository(name)) {
        return error(StatusCode::BAD_REQUEST, "NAME_INVALID", name);
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && !matches!(target, Target::Upload(..)) {
        return read::answer(registry, target, &request.into_parts().0).await;
    }
    match registry.memory.clone() {
        Some(memory) => write::answer(registry, &memory, target, request).await,
        None => read_only(target),
    }
}

// See: RFC 9110, "Allow": an upload can be asked for nothing, which an empty list says
fn read_only(target: Target<'_>) -> Response {
    let mut refused = error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this registry is read-only");
    let allowed = if matches!(target, Target::Upload(..)) { "" } else { "GET, HEAD" };
    refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    refused
}

// See: OCI distribution-spec, "Error Codes"
fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({"errors": [{"code": code, "message": message}]}).to_string();
    json(status, body)
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    respond(status, &[("content-type", "application/json")], body.into())
}

fn respond(status: StatusCode, headers: &[(&str, &str)], body: Body) -> Response {
    let builder = headers
        .iter()
        .fold(Response::builder().status(status), |builder, (name, value)| builder.header(*name, *value));
    builder.body(body).unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

#[cfg(test)]
mod tests;
