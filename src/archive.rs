//! The bundle file: a plain tar that is an OCI image layout, signed over its index.
//!
//! Members, in this order: `oci-layout`, `index.json`, the four slots for signatures (`bundle.sigstore.json`,
//! `bundle.2.sigstore.json` and so on), then one member a blob. The first blob is the bundle's own manifest, the second its table of contents; the small documents follow, then
//! everything else by digest. Each header is a function of the member's name and size alone, so every offset
//! is arithmetic, and every byte of the file is determined by the index and the contents it names. The file may be split into parts: see `parts`.

mod check;
mod contents;
mod draft;
mod error;
mod extract;
#[cfg(test)]
mod fixture;
mod format;
mod member;
mod parts;
mod reader;
mod slots;
mod tables;
mod unverified;
mod writer;

pub use contents::{
    Contents, Entry, FILE_TYPE, FORMAT_VERSION, LARGE_FILE_TYPE, PayloadFile, Role, bundle_manifest,
    index_document,
};
pub use draft::output_place;
pub use error::ArchiveError;
pub use extract::Take;
pub use format::{Layout, MAX_PARTS, SIGNATURE_SLOT, SIGNATURE_SLOTS, slot_name};
pub use reader::Archive;
pub use unverified::{InsecureArchive, Inspection, UnverifiedArchive, VerifiedArchive, Vouched};
pub use writer::Writer;
