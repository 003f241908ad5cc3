//! The shipped specs and sites as wholes: nothing in them is superfluous, and what they render to is what an API server takes.

mod complete;
mod rendered;
mod strict;

pub use complete::without;
