//! Upstream's files, at the paths that a mirror has them under: `HOST/PATH` for `https://HOST/PATH`.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use airgap_bundle::digest::Digest;
use airgap_bundle::spec::{FileSpec, Spec};
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

const PIECE_BYTES: usize = 256 * 1024;

/// What is served at a path.
#[derive(Debug, Clone)]
pub enum Served {
    /// These bytes.
    Bytes(Bytes),
    /// What a file holds, piece by piece.
    File(PathBuf),
}

/// The server, until it is dropped.
pub struct FileServer {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: tokio::task::JoinHandle<io::Result<()>>,
}

#[derive(Default)]
struct Shared {
    served: BTreeMap<String, Served>,
    asked: Vec<String>,
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FileServer {
    /// Starts a server without files.
    ///
    /// # Errors
    /// When the machine gives no port.
    pub async fn start() -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let (address, shared) = (listener.local_addr()?, Arc::<Mutex<Shared>>::default());
        let seen = shared.clone();
        let answer = move |url: Uri| answer(lock(&seen).ask(url.path()));
        let router = axum::Router::new().fallback(answer);
        let task = tokio::spawn(async { axum::serve(listener, router).await });
        Ok(Self { address, shared, task })
    }

    /// Serves something at an address of upstream's.
    pub fn serve(&self, url: &str, served: Served) {
        lock(&self.shared).served.insert(path_of(url).to_owned(), served);
    }

    /// Serves a text at an address of upstream's.
    pub fn serve_text(&self, url: &str, text: &str) {
        self.serve(url, Served::Bytes(text.to_owned().into()));
    }

    /// Returns how often an address of upstream's was asked for since the last time.
    #[must_use]
    pub fn take_asked(&self, url: &str) -> usize {
        let (mut shared, path) = (lock(&self.shared), path_of(url));
        let before = shared.asked.len();
        shared.asked.retain(|asked| asked != path);
        before - shared.asked.len()
    }

    /// Serves a spec's files: those that are pinned from a folder, where they are named by SHA-256; for the others a text that
    /// says what it stands for, and upstream's lists of their checksums.
    pub fn publish(&self, spec: &Spec, folder: &std::path::Path) {
        let mut lists = BTreeMap::<&str, String>::new();
        for file in spec.files() {
            let (served, digest) = match file.sha256 {
                Some(sha256) => (Served::File(folder.join(sha256.hex())), sha256),
                None => standin(file),
            };
            self.serve(&file.url, served);
            if let Some(url) = &file.checksums {
                let line = format!("{}  {}\n", digest.hex(), file.upstream_name());
                lists.entry(url).or_default().push_str(&line);
            }
        }
        lists.into_iter().for_each(|(url, list)| self.serve_text(url, &list));
    }
}

/// Returns what stands for a file of upstream's: the same on every start.
fn standin(file: &FileSpec) -> (Served, Digest) {
    let text = format!("#!/bin/sh\n# A stand-in for {}, from {}\n", file.name, file.url);
    let digest = Digest::of(text.as_bytes());
    (Served::Bytes(text.into()), digest)
}

impl Shared {
    fn ask(&mut self, path: &str) -> Option<Served> {
        let path = path.trim_start_matches('/');
        self.asked.push(path.to_owned());
        self.served.get(path).cloned()
    }
}

fn path_of(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, path)| path)
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(served: Option<Served>) -> Response {
    match served {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Served::Bytes(bytes)) => bytes.into_response(),
        Some(Served::File(path)) => match File::open(&path).await {
            Ok(file) => Body::from_stream(stream::try_unfold(file, next)).into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        },
    }
}

async fn next(mut file: File) -> io::Result<Option<(Bytes, File)>> {
    let mut piece = vec![0; PIECE_BYTES];
    let length = file.read(&mut piece).await?;
    piece.truncate(length);
    Ok((length > 0).then(|| (piece.into(), file)))
}
