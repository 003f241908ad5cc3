//! The state of an installed bundle.

mod read;
mod reasons;
pub(super) mod report;
