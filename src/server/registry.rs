//! The registry itself: what it holds, and what it reports.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::content::catalog::Catalog;
use super::content::health::HealthOfAll;
use super::content::memory::Memory;
use super::content::pieces::Pieces;
use super::content::readers::Readers;
use crate::digest::Digest;
use crate::report::{Reporter, Silent};
use crate::store::BlobSource;

/// A registry's contents and, where it takes pushes, its memory.
pub struct Registry {
    pub(super) catalog: RwLock<Catalog>,
    pub(super) blobs: Arc<dyn BlobSource>,
    pub(super) memory: Option<Arc<Memory>>,
    pub(super) health: HealthOfAll,
    pub(super) readers: Readers,
    pub(super) pieces: Pieces,
    pub(super) reporter: Arc<dyn Reporter>,
}

impl Registry {
    /// Makes a registry that only answers.
    #[must_use]
    pub fn read_only(catalog: Catalog, blobs: Arc<dyn BlobSource>) -> Arc<Self> {
        Self::reporting(catalog, blobs, Arc::new(Silent))
    }

    /// Makes a registry that only answers, and reports what it does.
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

    pub(super) fn report_altered(&self, digest: Digest) {
        if self.health.of(digest).set_altered() {
            self.reporter.warn(format!(
                "blob `{digest}` was altered: it does not match its digest and is no longer served; restart with a good copy"
            ));
        }
    }

    pub(super) fn report_unreadable(&self, digest: Digest, reason: &std::io::Error) {
        self.reporter.warn(format!("blob `{digest}` cannot be read: {reason}"));
    }

    pub(super) fn catalog(&self) -> RwLockReadGuard<'_, Catalog> {
        self.catalog.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn catalog_mut(&self) -> RwLockWriteGuard<'_, Catalog> {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner)
    }
}
