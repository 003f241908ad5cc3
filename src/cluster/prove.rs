//! Proof that policies enforce: requests that must be rejected, connections that must fail.

pub(super) mod live;
pub(super) mod probe;
