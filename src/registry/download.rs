//! Blobs that come. A transfer that broke off goes on where it was, where the registry takes that, and is hashed as a whole.

use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Method, StatusCode};

use super::answer::{Answer, expect_digest};
use super::error::RegistryError;
use super::oci::Descriptor;
use super::repository::Repository;
use crate::digest::{Digest, Hasher};

/// How much has to come between two failures for the attempts to be counted anew, in bytes.
const PROGRESS_BYTES: u64 = 1024 * 1024;

/// A transfer, as far as it came.
struct Transfer<'a> {
    what: &'a str,
    digest: &'a Digest,
    size: u64,
    offset: u64,
    hasher: Hasher,
}

impl Repository {
    /// Fetches a small blob into memory.
    ///
    /// # Errors
    /// When it is not there, or does not have the promised size and digest.
    pub async fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Bytes, RegistryError> {
        let what = self.what(&descriptor.digest.to_string());
        if descriptor.size > limit {
            return Err(RegistryError::TooLarge { what, limit });
        }
        let bytes = self.client.attempts().until_answered(|| self.try_blob(descriptor, &what)).await?;
        expect_digest(&what, &descriptor.digest.to_string(), Digest::of(&bytes))?;
        Ok(bytes)
    }

    async fn try_blob(&self, descriptor: &Descriptor, what: &str) -> Result<Bytes, RegistryError> {
        self.get_blob(&descriptor.digest, 0, what).await?.bounded(what, descriptor.size).await
    }

    /// Streams a blob, piece by piece with the offset of each, and compares size and digest at the end. Where the transfer has to
    /// begin again, pieces come a second time.
    ///
    /// # Errors
    /// When it is not there, cannot be taken, or does not have the promised size and digest.
    pub async fn stream_blob(
        &self,
        digest: &Digest,
        size: u64,
        mut take: impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), RegistryError> {
        let what = self.what(&digest.to_string());
        let mut transfer = Transfer { what: &what, digest, size, offset: 0, hasher: Hasher::default() };
        let mut attempts = self.client.attempts();
        let mut before = 0;
        while let Err(error) = self.try_stream(&mut transfer, &mut take).await {
            if transfer.offset >= before + PROGRESS_BYTES {
                attempts.moved_on();
            }
            before = transfer.offset;
            attempts.after(error).await?;
        }
        expect_digest(&what, &digest.to_string(), transfer.hasher.finish())
    }

    async fn try_stream(
        &self,
        transfer: &mut Transfer<'_>,
        take: &mut impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), RegistryError> {
        let mut answer = self.get_blob(transfer.digest, transfer.offset, transfer.what).await?;
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            (transfer.offset, transfer.hasher) = (0, Hasher::default());
        }
        while let Some(piece) = answer.next(transfer.what, transfer.offset).await? {
            transfer.piece(&piece, take)?;
        }
        transfer.ended()
    }

    /// Asks for a blob from an offset on. A part is answered only where it is that one.
    async fn get_blob(&self, digest: &Digest, offset: u64, what: &str) -> Result<Answer, RegistryError> {
        if offset > 0 {
            let answer = self.ask_blob(digest, offset, what).await?;
            match answer.status() {
                StatusCode::OK => return Ok(answer),
                StatusCode::PARTIAL_CONTENT if begins_at(&answer, offset) => return Ok(answer),
                // Another part, or a registry that gives none: from the start, then.
                StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {}
                _ => return Err(answer.refused(what, "200 or 206").await),
            }
        }
        let answer = self.ask_blob(digest, 0, what).await?;
        match answer.status() {
            StatusCode::OK => Ok(answer),
            _ => Err(answer.refused(what, "200").await),
        }
    }

    async fn ask_blob(&self, digest: &Digest, offset: u64, what: &str) -> Result<Answer, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"), what)?;
        let prepare = |request: reqwest::RequestBuilder| match offset {
            0 => request,
            _ => request.header(RANGE, format!("bytes={offset}-")),
        };
        self.read(Method::GET, url, what, &prepare).await
    }
}

impl Transfer<'_> {
    fn piece(
        &mut self,
        piece: &[u8],
        take: &mut impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), RegistryError> {
        let end = self.offset + piece.len() as u64;
        if end > self.size {
            return Err(self.wrong_size(end));
        }
        self.hasher.update(piece);
        let local = |source| RegistryError::Local { what: self.what.to_owned(), source };
        take(self.offset, piece).map_err(local)?;
        self.offset = end;
        Ok(())
    }

    fn ended(&self) -> Result<(), RegistryError> {
        if self.offset == self.size { Ok(()) } else { Err(self.wrong_size(self.offset)) }
    }

    fn wrong_size(&self, found: u64) -> RegistryError {
        RegistryError::Size { what: self.what.to_owned(), expected: self.size, found }
    }
}

// See: RFC 9110 section 14.4
fn begins_at(answer: &Answer, offset: u64) -> bool {
    let range = answer.header(CONTENT_RANGE.as_str());
    range.is_some_and(|text| text.starts_with(&format!("bytes {offset}-")))
}
