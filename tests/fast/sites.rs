//! The shipped specs and sites as wholes: nothing in them is superfluous, and what they render to does not change.

mod complete;
mod rendered;
