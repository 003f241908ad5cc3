//! A registry that runs inside this program: `bundle serve` is one, and tests use the same.
//!
//! It answers the pull side of the OCI distribution protocol from any [`BlobSource`]; with a memory of its own
//! it also takes pushes. Blobs are hashed as they leave: the last piece of one that does not match is withheld.

mod catalog;
mod memory;
mod read;
mod write;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{Method, StatusCode};
use tokio::net::TcpListener;

pub use catalog::{Catalog, Stored};
pub use memory::Memory;

use crate::store::BlobSource;

/// A registry's contents and, where it takes pushes, its memory.
pub struct Registry {
    catalog: RwLock<Catalog>,
    blobs: Arc<dyn BlobSource>,
    memory: Option<Arc<Memory>>,
}

impl Registry {
    /// Makes a registry that only answers.
    #[must_use]
    pub fn read_only(catalog: Catalog, blobs: Arc<dyn BlobSource>) -> Arc<Self> {
        Arc::new(Self { catalog: RwLock::new(catalog), blobs, memory: None })
    }

    /// Makes an empty registry that takes pushes and keeps everything in memory.
    #[must_use]
    pub fn writable() -> Arc<Self> {
        let memory = Arc::new(Memory::default());
        Arc::new(Self { catalog: RwLock::default(), blobs: memory.clone(), memory: Some(memory) })
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
        let router = Router::new().fallback(answer).with_state(self);
        axum::serve(listener, router).with_graceful_shutdown(stop).await
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

/// What a path of the protocol asks for.
#[derive(Debug, PartialEq, Eq)]
enum Target<'a> {
    Base,
    Manifest(&'a str, &'a str),
    Blob(&'a str, &'a str),
    Upload(&'a str, &'a str),
    Tags(&'a str),
    Referrers(&'a str, &'a str),
}

// See: OCI distribution-spec, "Endpoints"
fn target(path: &str) -> Option<Target<'_>> {
    let rest = path.strip_prefix("/v2")?.trim_start_matches('/');
    if rest.is_empty() {
        return Some(Target::Base);
    }
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return Some(Target::Tags(name));
    }
    if let Some((name, upload)) = rest.split_once("/blobs/uploads") {
        return Some(Target::Upload(name, upload.trim_start_matches('/')));
    }
    let (front, last) = rest.rsplit_once('/')?;
    let (name, kind) = front.rsplit_once('/')?;
    match kind {
        "manifests" => Some(Target::Manifest(name, last)),
        "blobs" => Some(Target::Blob(name, last)),
        "referrers" => Some(Target::Referrers(name, last)),
        _ => None,
    }
}

async fn answer(State(registry): State<Arc<Registry>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let Some(target) = target(&path) else { return error(StatusCode::NOT_FOUND, "NAME_UNKNOWN", &path) };
    let method = request.method().clone();
    match (method, target) {
        (Method::GET | Method::HEAD, target) if !matches!(target, Target::Upload(..)) => {
            read::answer(&registry, target, &request)
        }
        (_, target) => match registry.memory.clone() {
            Some(memory) => write::answer(&registry, &memory, target, request).await,
            None => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED", "this registry is read-only"),
        },
    }
}

// See: OCI distribution-spec, "Error Codes"
fn error(status: StatusCode, code: &str, message: &str) -> Response {
    let body = serde_json::json!({"errors": [{"code": code, "message": message}]}).to_string();
    respond(status, &[("content-type", "application/json")], Body::from(body))
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
