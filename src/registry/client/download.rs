//! Downloads blobs and files. A transfer that broke off is resumed if the sender supports that, and the whole is hashed.

use bytes::Bytes;

use super::Client;
use super::answer::expect_digest;
use super::exchange::address;
use super::repository::Repository;
use super::source::{Asked, Source};
use super::transfer::{Length, Transfer};
use crate::digest::Digest;
use crate::oci::Descriptor;
use crate::registry::error::RegistryError;
use crate::registry::place::shown;

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
        let bytes = self.session.attempts().until_answered(|| self.try_blob(descriptor, &what)).await?;
        expect_digest(&what, &descriptor.digest.to_string(), Digest::of(&bytes))?;
        Ok(bytes)
    }

    async fn try_blob(&self, descriptor: &Descriptor, what: &str) -> Result<Bytes, RegistryError> {
        self.source(&descriptor.digest, what)?.answer(0, None).await?.bounded(what, descriptor.size).await
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
        take: impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), RegistryError> {
        let what = self.what(&digest.to_string());
        let transfer = Transfer::new(self.source(digest, &what)?, Length::Exactly(size));
        let (found, _) = transfer.run(self.session.attempts(), take).await?;
        expect_digest(&what, &digest.to_string(), found)
    }

    fn source<'a>(&'a self, digest: &Digest, what: &'a str) -> Result<Source<'a>, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"), what)?;
        Ok(Source { asked: Asked::Repository(self), url, what })
    }
}

impl Client {
    /// Downloads a file of at most `limit` bytes into memory.
    ///
    /// # Errors
    /// When it is not there, too large, or breaks off.
    pub async fn file(&self, url: &str, limit: u64) -> Result<Bytes, RegistryError> {
        let url = address(url, "a file")?;
        let what = format!("file `{}`", shown(&url));
        let source = Source { asked: Asked::Server(&self.session), url, what: &what };
        let bytes = || async { source.answer(0, None).await?.bounded(&what, limit).await };
        self.session.attempts().until_answered(bytes).await
    }

    /// Downloads a file of at most `limit` bytes and keeps nothing of it; returns its digest, and its size in bytes.
    ///
    /// # Errors
    /// When it is not there, too large, or breaks off.
    pub async fn measure_file(&self, url: &str, limit: u64) -> Result<(Digest, u64), RegistryError> {
        self.transfer(url, Length::AtMost(limit), |_, _| Ok(())).await
    }

    /// Streams a file, as [`Repository::stream_blob`] does a blob.
    ///
    /// # Errors
    /// When it is not there, cannot be taken, or does not have the promised size and digest.
    pub async fn stream_file(
        &self,
        url: &str,
        digest: &Digest,
        size: u64,
        take: impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), RegistryError> {
        let (found, _) = self.transfer(url, Length::Exactly(size), take).await?;
        expect_digest(&format!("file `{}`", shown(&address(url, "a file")?)), &digest.to_string(), found)
    }

    async fn transfer(
        &self,
        url: &str,
        length: Length,
        take: impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(Digest, u64), RegistryError> {
        let url = address(url, "a file")?;
        let what = format!("file `{}`", shown(&url));
        let source = Source { asked: Asked::Server(&self.session), url, what: &what };
        Transfer::new(source, length).run(self.session.attempts(), take).await
    }
}
