//! Requests that fail at random, the same ones for the same seed: what happens depends on the request and on how often it was
//! made, not on the order in which several arrive.

use std::collections::BTreeMap;

use http::Method;

use super::front::Answer;

/// The answers that go wrong, each as often as any other.
const KINDS: [Answer; 12] = [
    Answer::Status(429),
    Answer::Busy(429),
    Answer::Status(500),
    Answer::Status(502),
    Answer::Busy(503),
    Answer::Reset,
    Answer::ResetAfter,
    Answer::Late,
    Answer::CutAfter(0),
    Answer::CutAfter(7),
    Answer::Altered,
    Answer::WithoutLocation,
];

/// What makes requests fail.
#[derive(Debug, Clone)]
pub struct Chaos {
    seed: u64,
    percent: u64,
    made: BTreeMap<String, u64>,
}

impl Chaos {
    /// Makes so many of a hundred requests fail.
    #[must_use]
    pub fn new(seed: u64, percent: u64) -> Self {
        Self { seed, percent, made: BTreeMap::new() }
    }

    /// Returns what goes wrong with a request, if anything does.
    pub(super) fn choose(&mut self, method: &Method, target: &str) -> Option<Answer> {
        let name = format!("{method} {}", without_session(target));
        let made = self.made.entry(name.clone()).or_default();
        *made += 1;
        let chance =
            mixed(name.bytes().fold(self.seed ^ (*made << 32), |sum, byte| mixed(sum ^ u64::from(byte))));
        let kind = KINDS[usize::try_from(chance / 100 % KINDS.len() as u64).unwrap_or_default()];
        // A body that is not sent cannot break: what is left of such an answer would be a lie of another kind.
        let kind = match kind {
            Answer::CutAfter(_) | Answer::Altered if *method != Method::GET => Answer::ResetAfter,
            kind => kind,
        };
        (chance % 100 < self.percent).then_some(kind)
    }
}

/// An upload's number depends on what came before.
fn without_session(target: &str) -> String {
    match target.split_once("/blobs/uploads/") {
        Some((before, after)) => format!(
            "{before}/blobs/uploads/{}",
            after.trim_start_matches(|letter: char| letter.is_ascii_digit())
        ),
        None => target.to_owned(),
    }
}

/// Returns a number that looks random, the same one for the same seed.
// See: SplitMix64
pub fn mixed(seed: u64) -> u64 {
    let sum = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let sum = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let sum = (sum ^ (sum >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    sum ^ (sum >> 31)
}
