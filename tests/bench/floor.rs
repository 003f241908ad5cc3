//! The floor: a program that does only the unavoidable work, for the tool to be compared with.
//!
//! - **build**: parallel GET, SHA-256 and `pwrite` into a file of the final length;
//! - **push**: parallel PUT streams with cross-repository mounts, the manifests, then one HEAD an image;
//! - **again**: one HEAD an image.
//!
//! It is written as tightly as the tool and on the same HTTP client (reqwest, streaming) and runtime, so that work is
//! compared and not clients. Left out is everything that a registry or a disk does not force on anybody: it knows
//! every digest, size and repository beforehand (nothing is resolved, no signature is looked for, nothing is asked
//! before it is sent), it does not hash what it pushes, does not read back by digest, packs no format, and leaves the
//! moment of writing to the kernel. It logs in nowhere and retries nothing.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use airgap_bundle::digest::Hasher;
use airgap_bundle::oci;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{RequestBuilder, Response, Url};

use crate::Failure;
use crate::set::{Image, Placed, Set, TAG};

/// As many as the tool has by default.
const DOWNLOADS: usize = 8;
const UPLOADS: usize = 4;
const QUESTIONS: usize = 16;
const PIECE_BYTES: u64 = 512 * 1024;

/// What is done.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Work {
    /// Every blob into one file
    Build,
    /// Every blob out of that file into a registry, and the manifests
    Push,
    /// Only the questions
    Again,
}

/// Does the work with the set that a folder describes; the file is in the same folder.
pub async fn run(work: Work, registry: String, folder: PathBuf) -> Result<(), Failure> {
    let set = Set::load(&folder)?;
    let floor = Floor { http: reqwest::Client::new(), base: format!("http://{registry}/v2") };
    let file = folder.join("floor.blobs");
    match work {
        Work::Build => floor.build(set.placed(), &file).await,
        Work::Push => {
            floor.push(set.placed(), &file).await?;
            floor.manifests(&set.images).await?;
            floor.ask(&set.images).await
        }
        Work::Again => floor.ask(&set.images).await,
    }
}

#[derive(Clone)]
struct Floor {
    http: reqwest::Client,
    base: String,
}

impl Floor {
    async fn build(&self, blobs: Vec<Placed>, path: &Path) -> Result<(), Failure> {
        let file = File::create(path)?;
        file.set_len(blobs.last().map_or(0, |last| last.offset + last.blob.size))?;
        let file = Arc::new(file);
        let transfers = blobs.into_iter().map(|placed| spawn(self.clone().download(placed, file.clone())));
        at_most(DOWNLOADS, transfers).await
    }

    async fn download(self, placed: Placed, file: Arc<File>) -> Result<(), Failure> {
        let digest = placed.blob.digest;
        let url = format!("{}/{}/blobs/{digest}", self.base, placed.repositories[0]);
        let mut pieces = self.http.get(url).send().await?.error_for_status()?.bytes_stream();
        let (mut hasher, mut offset) = (Hasher::default(), placed.offset);
        while let Some(piece) = pieces.try_next().await? {
            hasher.update(&piece);
            file.write_all_at(&piece, offset)?;
            offset += piece.len() as u64;
        }
        if hasher.finish() == digest { Ok(()) } else { Err(format!("`{digest}` is altered").into()) }
    }

    async fn push(&self, blobs: Vec<Placed>, path: &Path) -> Result<(), Failure> {
        let file = Arc::new(File::open(path)?);
        let transfers = blobs.into_iter().map(|placed| spawn(self.clone().upload(placed, file.clone())));
        at_most(UPLOADS, transfers).await
    }

    /// Uploads a blob to the first repository, and mounts it in the others.
    async fn upload(self, placed: Placed, file: Arc<File>) -> Result<(), Failure> {
        let Placed { blob, offset, repositories } = placed;
        let opened = self.open_upload(&repositories[0], "").await?;
        let location = opened.headers().get(LOCATION).ok_or("an upload without an address")?.to_str()?;
        let mut target: Url = opened.url().join(location)?;
        target.query_pairs_mut().append_pair("digest", &blob.digest.to_string());
        let body = reqwest::Body::wrap_stream(pieces(file, offset, blob.size));
        let request = self.http.put(target).header(CONTENT_TYPE, "application/octet-stream");
        accepted(request.header(CONTENT_LENGTH, blob.size).body(body)).await?;
        for other in &repositories[1..] {
            let query = format!("?mount={}&from={}", blob.digest, repositories[0]);
            self.open_upload(other, &query).await?;
        }
        Ok(())
    }

    async fn open_upload(&self, repository: &str, query: &str) -> Result<Response, Failure> {
        let url = format!("{}/{repository}/blobs/uploads/{query}", self.base);
        accepted(self.http.post(url).header(CONTENT_LENGTH, 0)).await
    }

    async fn manifests(&self, images: &[Image]) -> Result<(), Failure> {
        let put = |image: &Image| {
            let request = self.http.put(self.manifest(image)).header(CONTENT_TYPE, oci::MANIFEST);
            accepted(request.body(image.manifest.clone()))
        };
        stream::iter(images.iter().map(put)).buffer_unordered(UPLOADS).try_for_each(done).await
    }

    async fn ask(&self, images: &[Image]) -> Result<(), Failure> {
        let ask = |image| accepted(self.http.head(self.manifest(image)).header("accept", oci::MANIFEST));
        stream::iter(images.iter().map(ask)).buffer_unordered(QUESTIONS).try_for_each(done).await
    }

    fn manifest(&self, image: &Image) -> String {
        format!("{}/{}/manifests/{TAG}", self.base, image.repository)
    }
}

fn pieces(file: Arc<File>, start: u64, size: u64) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    stream::iter((0..size).step_by(PIECE_BYTES as usize)).map(move |offset| {
        let mut piece = vec![0; (size - offset).min(PIECE_BYTES) as usize];
        file.read_exact_at(&mut piece, start + offset)?;
        Ok(piece.into())
    })
}

async fn accepted(request: RequestBuilder) -> Result<Response, Failure> {
    Ok(request.send().await?.error_for_status()?)
}

async fn done(_: Response) -> Result<(), Failure> {
    Ok(())
}

/// Starts work on whichever thread is free, once it is polled.
async fn spawn(work: impl Future<Output = Result<(), Failure>> + Send + 'static) -> Result<(), Failure> {
    tokio::spawn(work).await?
}

async fn at_most(
    count: usize,
    work: impl Iterator<Item = impl Future<Output = Result<(), Failure>>>,
) -> Result<(), Failure> {
    stream::iter(work).buffer_unordered(count).try_collect().await
}
