//! Signatures and attestations of images and artifacts.

pub(super) mod cosign;
pub(super) mod error;
pub(super) mod fault;
pub(super) mod image_signature;
pub(super) mod judge;
pub(super) mod provenance;
pub(super) mod requirement;

mod attestation_tag;
mod dsse;
mod judgement;
mod layer;
mod simple_signing;
mod statement;
mod verdict;
