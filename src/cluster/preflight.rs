//! Checks before an install: everything about a cluster that would make it fail, all findings at once.
//!
//! Each check is a function over JSON that returns findings, and one that asks. What this user may not read is a warning;
//! the other checks still run. Nothing here writes: two questions are dry runs or reviews, which the API server does not keep.

mod admission;
mod architecture;
mod checks;
mod duplicates;
mod installed;
mod kernel;
mod needs;
mod nodes;
mod owners;
mod platform;
pub(super) mod query;
mod rights;
mod route;
#[cfg(test)]
mod tests;
mod version;
