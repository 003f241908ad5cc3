//! A blob on its way out, piece by piece. One that leaves whole is hashed, and its last piece is withheld if it does not match.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

use super::Registry;
use super::blob::AskedBlob;
use super::health::{Health, PIECE_BYTES};
use crate::digest::{Digest, Hasher};

pub(super) struct Leaving {
    registry: Arc<Registry>,
    digest: Digest,
    health: Arc<Health>,
    offset: u64,
    end: u64,
    /// Only a blob that leaves whole can be compared with its digest.
    hasher: Option<Hasher>,
}

impl Leaving {
    pub(super) fn whole(asked: &AskedBlob) -> Self {
        Self { hasher: Some(Hasher::default()), ..Self::part(asked, 0, asked.size) }
    }

    pub(super) fn part(asked: &AskedBlob, offset: u64, end: u64) -> Self {
        let (registry, health) = (asked.registry.clone(), asked.health.clone());
        Self { registry, digest: asked.digest, health, offset, end, hasher: None }
    }

    pub(super) fn into_body(self) -> Body {
        Body::from_stream(stream::try_unfold(self, |leaving| async move {
            if leaving.offset == leaving.end { Ok(None) } else { leaving.next_piece().map(Some) }
        }))
    }

    fn next_piece(mut self) -> io::Result<(Bytes, Self)> {
        if self.health.is_altered() {
            return Err(self.altered());
        }
        let left = usize::try_from(self.end - self.offset).unwrap_or(usize::MAX);
        let mut piece = vec![0; left.min(PIECE_BYTES)];
        self.registry.blobs.read_exact_at(&self.digest, self.offset, &mut piece)?;
        self.offset += piece.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&piece);
        }
        if self.offset == self.end {
            self.compare()?;
        }
        Ok((piece.into(), self))
    }

    fn compare(&mut self) -> io::Result<()> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        if hasher.finish() == self.digest {
            self.health.set_whole();
            return Ok(());
        }
        Err(self.altered())
    }

    fn altered(&self) -> io::Error {
        self.registry.report_altered(self.digest);
        io::Error::other(format!("blob {} does not match its digest", self.digest))
    }
}
