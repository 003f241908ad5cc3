//! Registries that are missing, refuse, break off, or send something else: the error, the exit code, and no files left behind.

mod chaos;
mod content;
mod proxies;
mod source;
mod target;
