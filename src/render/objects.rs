//! Kubernetes objects: read from files, found by a pointer into them, and patched.

pub(super) mod object;
pub(super) mod patch;
pub(super) mod pointer;
