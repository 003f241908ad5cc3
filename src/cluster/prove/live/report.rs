//! The results of the live probes.

use crate::rendered::LiveExpectation;

/// The results of the live probes of all layers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct LiveReport {
    /// One result a probe, in the order of the layers.
    pub results: Vec<LiveResult>,
}

/// The result of one live probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveResult {
    /// The layer.
    pub layer: String,
    /// The probe's name.
    pub name: String,
    /// How the connection had to end.
    pub expected: LiveExpectation,
    /// Whether it did.
    pub passed: bool,
    /// Who connects to whom, for people.
    pub connection: String,
    /// How it ended.
    pub seen: Seen,
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It was made.
    Open,
    /// It was refused or timed out, though the other pod listened; with the message of the client.
    Closed(String),
    /// It could not be tried, and why.
    Untried(String),
}

impl LiveReport {
    /// Tells whether every connection ended as it had to.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.results.iter().all(|result| result.passed)
    }

    /// Tells whether everything that had to be closed is open: then nothing enforces policies at all.
    #[must_use]
    pub fn nothing_is_enforced(&self) -> bool {
        let mut closed = self.results.iter().filter(|it| it.expected == LiveExpectation::Closed).peekable();
        closed.peek().is_some() && closed.all(|it| it.seen == Seen::Open)
    }

    /// Says what a result means.
    #[must_use]
    pub fn verdict(&self, result: &LiveResult) -> String {
        match (&result.seen, result.expected) {
            (Seen::Open, LiveExpectation::Open) => "open".to_owned(),
            (Seen::Closed(words), LiveExpectation::Closed) => format!("closed: {words}"),
            (Seen::Open, _) if self.nothing_is_enforced() => "open, as is everything that must be closed: \
                the cluster's network plugin does not enforce NetworkPolicies"
                .to_owned(),
            (Seen::Open, _) => "open: a policy is missing, or another one allows it; \
                `kubectl get networkpolicies --all-namespaces` shows them"
                .to_owned(),
            (Seen::Closed(words), _) => {
                format!("closed: {words}: another policy forbids it, or the pod network does not route it")
            }
            (Seen::Untried(words), _) => format!("could not be tried: {words}"),
        }
    }
}
