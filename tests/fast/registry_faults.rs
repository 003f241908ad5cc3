//! Registries that are not there, refuse, break off, or send something else: what is said, the exit code, and nothing left.

mod chaos;
mod content;
mod proxies;
mod source;
mod target;
