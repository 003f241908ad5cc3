//! Everything that was found beside an image, judged, and whether it is enough.

use std::collections::{BTreeMap, BTreeSet};

use super::error::TrustError;
use super::judgement::Judgement;
use super::requirement::Requirement;
use crate::digest::Digest;
use crate::lock::SignatureSeen;
use crate::trust::sigstore::signatory::Signatory;

/// So many of the things that were set aside are named in an error.
const NAMED: usize = 5;

/// Everything that was found, judged.
#[derive(Default)]
pub(crate) struct Verdict<'a> {
    pub signed: BTreeMap<SignatureSeen, Vec<Signatory<'a>>>,
    pub aside: BTreeSet<String>,
}

impl<'a> Verdict<'a> {
    pub(crate) fn extend(&mut self, judgements: impl IntoIterator<Item = Judgement<'a>>) {
        for judgement in judgements {
            match judgement {
                Judgement::Signed { seen, by } => _ = self.signed.insert(seen, by),
                Judgement::SetAside(found) => _ = self.aside.insert(found),
            }
        }
    }

    /// Returns the first signatures that are enough together; none can be left out.
    pub(crate) fn needed(&self, requirement: &Requirement) -> Vec<SignatureSeen> {
        let mut needed: Vec<_> = self.signed.iter().collect();
        for at in (0..needed.len()).rev() {
            let mut fewer = needed.clone();
            fewer.remove(at);
            let signed: Vec<_> = fewer.iter().flat_map(|(_, by)| by.iter().copied()).collect();
            if requirement.is_met_by(&signed) {
                needed = fewer;
            }
        }
        needed.into_iter().map(|(seen, _)| seen.clone()).collect()
    }

    pub(crate) fn missing(&self, subject: Digest, requirement: &Requirement, what: String) -> TrustError {
        if self.signed.is_empty() && self.aside.is_empty() {
            return TrustError::Unsigned { subject, what };
        }
        let signed: Vec<_> = self.signed.values().flatten().copied().collect();
        let good = signed.iter().map(|signatory| format!("a {what} by {signatory}"));
        let found: Vec<_> = good.chain(self.aside.iter().cloned()).collect();
        let asked = requirement.signatories().into_iter().filter(|asked| !signed.contains(asked));
        let expected: BTreeSet<_> = asked.map(|asked| asked.to_string()).collect();
        let expected = expected.into_iter().collect::<Vec<_>>().join(", ");
        TrustError::NotAsRequired { subject, what, expected, found: shortened(&found) }
    }
}

/// Names the first of the things that were found.
fn shortened(found: &[String]) -> String {
    let named = found.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match found.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}
