//! Carries a Kubernetes security stack across an air gap in one signed file.
//!
//! The pipeline, as types:
//!
//! ```text
//! build    YAML → Spec → Resolved → Verified<Judged<Resolved>> → Assembly → bundle file
//! install  path → UnverifiedArchive → VerifiedArchive → ImageMap → RenderedSet (ObjectSet) → ApplyReport → ProbeReport
//! ```
//!
//! Modules import from lower layers only; `tests/fast/layers.rs` checks it:
//!
//! | layer | modules |
//! |---|---|
//! | 0 | [`digest`], [`pem`], then [`mod@reference`], [`report`], [`oci`] |
//! | 1 | [`spec`], [`store`] |
//! | 2 | [`mod@output`], [`server`], then [`lock`], [`platform`], [`registry`], [`rendered`] |
//! | 3 | [`resolve`], [`fetch`], [`render`] |
//! | 4 | [`trust`], [`mod@compose`], [`cluster`] |
//! | 5 | [`archive`] |
//! | 6 | [`ops`] |
//! | 7 | [`cli`] |
//!
//! Below `cli` no code of ours reads the environment, the terminal or the clock, and nothing is printed. Two libraries do by
//! themselves: `kube` (proxies, a pod's own configuration), `sigstore-verify` (the clock).

pub mod archive;
pub mod cli;
pub mod cluster;
pub mod compose;
pub mod digest;
pub mod fetch;
pub mod lock;
pub mod oci;
pub mod ops;
pub mod output;
pub mod pem;
pub mod platform;
pub mod reference;
pub mod registry;
pub mod render;
pub mod rendered;
pub mod report;
pub mod resolve;
pub mod server;
pub mod spec;
pub mod store;
pub mod trust;
