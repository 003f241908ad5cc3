//! Commands of the connected side: they read a spec and reach upstream.

pub(super) mod assemble;
pub(super) mod build;
pub(super) mod complete;
pub(super) mod compose;
pub(super) mod gather;
pub(super) mod lock;
pub(super) mod upstream;
pub(super) mod workspace;
