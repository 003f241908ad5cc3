//! The shipped specs and sites as wholes: nothing in them is superfluous, and what they render to is what an API server takes.

mod api_server;
mod complete;
mod rendered;
mod strict;
