//! Requests that show whether a layer works.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request that a working layer must answer in a known way, sent as a server-side dry run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// A short name: `latest-tag-is-refused`.
    pub name: String,
    /// The object that is created (as a dry run).
    pub object: Value,
    /// How the API server must answer.
    pub expect: Expectation,
}

/// How a probe must be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expectation {
    /// Refused, and the API server's message contains every one of the words.
    Refused {
        /// Parts of the message: who refuses (`validation.gatekeeper.sh`), and why.
        words: Vec<String>,
    },
    /// Admitted, with a warning header that contains every one of the words.
    Warned {
        /// Parts of one warning.
        words: Vec<String>,
    },
    /// Admitted.
    Admitted,
}
