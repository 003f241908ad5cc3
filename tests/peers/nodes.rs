//! What the nodes are given: Talos' own decoder and K3s' own library read it.

mod install;
mod k3s;
mod proofs;
mod talos;
