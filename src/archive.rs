//! The bundle file: a plain tar that is an OCI image layout, signed over its index.
//!
//! Members, in this order: `oci-layout`, `index.json`, `bundle.sigstore.json`, then one member a blob. The first
//! blob is the bundle's own manifest, the second its table of contents; the small documents follow, then
//! everything else by digest. Each header is a function of the member's name and size alone, so every offset
//! is arithmetic, and every byte of the file is determined by the index and the contents it names.

mod check;
mod contents;
mod error;
#[cfg(test)]
mod fixture;
mod format;
mod reader;
mod walk;
mod writer;

pub use contents::{
    Contents, Entry, FILE_TYPE, FORMAT_VERSION, PayloadFile, Role, bundle_manifest, index_document,
};
pub use error::ArchiveError;
pub use format::{Layout, SIGNATURE_SLOT};
pub use reader::{Archive, Inspection, UnverifiedArchive};
pub use writer::Writer;
