//! A signature, attestation or other referrer as a registry or a bundle stores it.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::manifest::Manifest;
use crate::digest::Digest;

/// A manifest that says something about another one. It proves nothing until `trust` has judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The tag that it was found under (`sha256-….sig`, `sha256-….att`); `None` for a referrer.
    pub tag: Option<String>,
    /// The manifest.
    pub manifest: Manifest,
    /// Its small blobs, by digest.
    pub blobs: BTreeMap<Digest, Bytes>,
}
