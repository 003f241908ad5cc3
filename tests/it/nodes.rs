//! What the nodes are given: Talos' own decoder and K3s' own library read it, and a host is brought up with it.

pub mod carried;
mod install;
mod k3s;
mod lumen;
mod proofs;
mod talos;
