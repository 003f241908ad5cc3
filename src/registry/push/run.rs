//! Sends what a plan names.

use std::sync::Arc;

use super::error::PushError;
use super::plan::Plan;
use super::{blobs, manifests};
use crate::report::Reporter;
use crate::store::BlobSource;

/// What was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct PushReport {
    /// Items that were there already.
    pub present: usize,
    /// Items that were sent.
    pub sent: usize,
    /// Blobs that were sent.
    pub blobs: usize,
    /// Bytes of those blobs.
    pub bytes: u64,
    /// Original indexes that the registry would not take.
    pub left_out: Vec<String>,
}

impl Plan {
    /// Sends what is missing, then reads back that every item is there.
    ///
    /// # Errors
    /// The first failure, or the list of what cannot be read back.
    pub async fn run(
        self,
        source: Arc<dyn BlobSource>,
        reporter: Arc<dyn Reporter>,
    ) -> Result<PushReport, PushError> {
        let uploads = self.uploads();
        let bytes = self.upload_bytes();
        blobs::send_all(&self.push, self.blobs, source, reporter.clone()).await?;
        let left_out = manifests::put_all(&self.push, &self.items, &*reporter).await?;
        Ok(PushReport {
            present: self.present,
            sent: self.items.len() - left_out.len(),
            blobs: uploads.len(),
            bytes,
            left_out,
        })
    }
}
