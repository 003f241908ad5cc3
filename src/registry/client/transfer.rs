//! One transfer with all its attempts, resumed after each.

use reqwest::StatusCode;

use super::retry::Attempts;
use super::source::Source;
use crate::digest::{Digest, Hasher};
use crate::registry::error::RegistryError;

/// How many bytes between two failures reset the count of attempts.
const PROGRESS_BYTES: u64 = 1024 * 1024;

/// How much is to come.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Length {
    /// Exactly this many bytes; the caller also knows the digest and compares it at the end.
    Exactly(u64),
    /// Unknown, at most this many bytes. Parts are joined only if the sender says that they are of the same content.
    AtMost(u64),
}

/// A transfer, as far as it came.
pub(crate) struct Transfer<'a> {
    source: Source<'a>,
    length: Length,
    offset: u64,
    hasher: Hasher,
    /// What the sender calls the content that is coming.
    validator: Option<String>,
}

impl<'a> Transfer<'a> {
    pub(crate) fn new(source: Source<'a>, length: Length) -> Self {
        Self { source, length, offset: 0, hasher: Hasher::default(), validator: None }
    }

    /// Hands out the content, piece by piece with the offset of each. Where it has to begin again, pieces come a second time.
    /// Returns the digest of what came, and its size in bytes.
    pub(crate) async fn run(
        mut self,
        mut attempts: Attempts<'_>,
        mut take: impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(Digest, u64), RegistryError> {
        let mut before = 0;
        while let Err(error) = self.attempt(&mut take).await {
            if self.offset >= before + PROGRESS_BYTES {
                attempts.moved_on();
            }
            before = self.offset;
            attempts.after(error).await?;
        }
        Ok((self.hasher.finish(), self.offset))
    }

    async fn attempt(
        &mut self,
        take: &mut impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), RegistryError> {
        if matches!(self.length, Length::AtMost(_)) && self.validator.is_none() {
            self.restart();
        }
        let mut answer = self.source.answer(self.offset, self.validator.as_deref()).await?;
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            self.restart();
            if matches!(self.length, Length::AtMost(_)) {
                self.validator = answer.header("etag").filter(|tag| tag.starts_with('"'));
            }
        }
        while let Some(piece) = answer.next(self.source.what, self.offset).await? {
            self.piece(&piece, take)?;
        }
        self.ended()
    }

    fn restart(&mut self) {
        (self.offset, self.hasher) = (0, Hasher::default());
    }

    fn piece(
        &mut self,
        piece: &[u8],
        take: &mut impl FnMut(u64, &[u8]) -> std::io::Result<()>,
    ) -> Result<(), RegistryError> {
        let end = self.offset + piece.len() as u64;
        match self.length {
            Length::Exactly(size) if end > size => return Err(self.wrong_size(size, end)),
            Length::AtMost(limit) if end > limit => {
                return Err(RegistryError::TooLarge { what: self.source.what.to_owned(), limit });
            }
            _ => {}
        }
        self.hasher.update(piece);
        let local = |source| RegistryError::Local { what: self.source.what.to_owned(), source };
        take(self.offset, piece).map_err(local)?;
        self.offset = end;
        Ok(())
    }

    fn ended(&self) -> Result<(), RegistryError> {
        match self.length {
            Length::Exactly(size) if self.offset != size => Err(self.wrong_size(size, self.offset)),
            _ => Ok(()),
        }
    }

    fn wrong_size(&self, expected: u64, found: u64) -> RegistryError {
        RegistryError::Size { what: self.source.what.to_owned(), expected, found }
    }
}
