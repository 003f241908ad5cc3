//! The shipped specs and sites as wholes, with upstream's own files: what they render to is what an API server takes.

mod rendered;
mod strict;
