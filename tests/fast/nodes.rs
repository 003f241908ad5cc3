//! What the nodes are given: a host is brought up with it.

mod install;
mod k3s;
mod lumen;
