//! Moves constraints between `warn`, `dryrun` and `deny`.

pub(super) mod constraints;
pub(super) mod error;
mod interval;
mod owned;
