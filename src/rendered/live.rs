//! Connections that show whether a layer works.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A TCP connection between two short-lived pods, which a working layer allows or blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveProbe {
    /// A short name: `web-to-cache-is-open`.
    pub name: String,
    /// The image of both pods, as nodes pull it; it has `sh` and BusyBox' `nc`.
    pub image: String,
    /// The client.
    pub from: LiveEnd,
    /// The listener.
    pub to: LiveEnd,
    /// The port that is listened on.
    pub port: u16,
    /// How it must end.
    pub expect: LiveExpectation,
}

/// A pod at one end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveEnd {
    /// Its namespace.
    pub namespace: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// How a connection must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LiveExpectation {
    /// It is established.
    Open,
    /// It is refused, or times out.
    Closed,
}
