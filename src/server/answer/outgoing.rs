//! A blob on its way out, piece by piece. One that leaves whole is hashed, and its last piece is withheld if it does not match.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::task::JoinHandle;

use super::asked_blob::AskedBlob;
use crate::digest::{Digest, Hasher};
use crate::server::content::health::Health;
use crate::server::registry::Registry;

/// A blob that is being sent.
pub(super) struct Outgoing {
    registry: Arc<Registry>,
    digest: Digest,
    health: Arc<Health>,
    offset: u64,
    end: u64,
    /// Only a blob that leaves whole can be compared with its digest.
    hasher: Option<Hasher>,
}

impl Outgoing {
    pub(crate) fn whole(asked: &AskedBlob) -> Self {
        Self { hasher: Some(Hasher::default()), ..Self::part(asked, 0, asked.size) }
    }

    pub(crate) fn part(asked: &AskedBlob, offset: u64, end: u64) -> Self {
        let (registry, health) = (asked.registry.clone(), asked.health.clone());
        Self { registry, digest: asked.digest, health, offset, end, hasher: None }
    }

    /// One piece is read ahead, while the one before it leaves.
    pub(crate) fn into_body(self) -> Body {
        Body::from_stream(stream::try_unfold(self.read_on(), |reading| async move {
            let Some(reading) = reading else { return Ok::<_, io::Error>(None) };
            let (piece, outgoing) = reading.await.map_err(io::Error::other)??;
            Ok(Some((piece, outgoing.read_on())))
        }))
    }

    fn read_on(self) -> Option<JoinHandle<io::Result<(Bytes, Self)>>> {
        let registry = self.registry.clone();
        let is_left = self.offset < self.end;
        is_left.then(|| tokio::spawn(async move { registry.readers.piece(move || self.next_piece()).await }))
    }

    fn next_piece(mut self) -> io::Result<(Bytes, Self)> {
        if self.health.is_altered() {
            return Err(self.altered());
        }
        let mut piece = self.registry.pieces.take(self.end - self.offset);
        let read = self.registry.blobs.read_exact_at(&self.digest, self.offset, piece.as_mut());
        read.inspect_err(|reason| self.registry.report_unreadable(self.digest, reason))?;
        self.offset += piece.as_ref().len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(piece.as_ref());
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
