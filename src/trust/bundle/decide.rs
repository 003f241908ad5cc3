//! All signatures of a bundle, judged: whether enough of those who were given have signed.

use std::collections::{BTreeMap, BTreeSet};

use super::claimed::{Claimed, SetAside};
use super::judge::Judgement;
use super::refusal::BundleRefusal;
use super::signature::{BundleSignature, is_empty};
use super::signers::BundleSigners;
use crate::lock::Signer;
use crate::trust::sigstore::trusted_root::TrustedRoot;
use crate::trust::verified::Verified;

/// Bytes, and who signed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBytes<'a> {
    bytes: &'a [u8],
    by: Vec<Signer>,
    others: Vec<SetAside>,
}

impl<'a> SignedBytes<'a> {
    /// Returns the bytes that were signed.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns whose signatures count, in the order of the slots.
    #[must_use]
    pub fn by(&self) -> &[Signer] {
        &self.by
    }

    /// Returns the signatures by others.
    #[must_use]
    pub fn others(&self) -> &[SetAside] {
        &self.others
    }
}

/// Checks that enough of those who were given have signed exactly these bytes, from all slots, each with its name.
///
/// # Errors
///
/// [`BundleRefusal`] where too few have, or where any of the slots is bad: see the head of this module's parent.
pub fn verify_signatures<'a, S: AsRef<[u8]>>(
    slots: &[(String, S)],
    bytes: &'a [u8],
    signers: &BundleSigners,
    root: &TrustedRoot,
) -> Result<Verified<SignedBytes<'a>>, BundleRefusal> {
    let filled: Vec<_> = slots.iter().filter(|(_, content)| !is_empty(content.as_ref())).collect();
    if filled.is_empty() {
        return Err(BundleRefusal::Unsigned);
    }
    let mut verdict = Verdict { signers, signed: BTreeMap::new(), by: Vec::new(), others: Vec::new() };
    for (slot, content) in filled {
        let signature = BundleSignature::parse(content.as_ref());
        let judged = signature.and_then(|signature| {
            let judgement = signature.judge(bytes, signers, root)?;
            Ok((signature.claimed().clone(), judgement))
        });
        let (claimed, judgement) = judged.map_err(|fault| BundleRefusal::slot(slot, fault))?;
        verdict.add(slot, claimed, judgement);
    }
    verdict.decide()?;
    Ok(Verified::new(SignedBytes { bytes, by: verdict.by, others: verdict.others }))
}

struct Verdict<'s> {
    signers: &'s BundleSigners,
    /// Everybody who signed, once, and the places of the signatories that they may be.
    signed: BTreeMap<Claimed, BTreeSet<usize>>,
    by: Vec<Signer>,
    others: Vec<SetAside>,
}

impl Verdict<'_> {
    fn add(&mut self, slot: &str, claimed: Claimed, judgement: Judgement) {
        match judgement {
            Judgement::Signed { signer, by } => {
                self.signed.entry(claimed).or_default().extend(by);
                if !self.by.contains(&signer) {
                    self.by.push(signer);
                }
            }
            Judgement::SetAside { verified } => {
                self.others.push(SetAside { slot: slot.to_owned(), by: claimed, verified });
            }
        }
    }

    fn decide(&self) -> Result<(), BundleRefusal> {
        let may_be: Vec<_> = self.signed.values().collect();
        if pairs(&may_be, &mut BTreeSet::new()) >= self.signers.threshold() {
            return Ok(());
        }
        Err(BundleRefusal::TooFew {
            threshold: self.signers.threshold(),
            asked: self.signers.signatories().iter().map(ToString::to_string).collect(),
            found: self.signed.keys().map(Claimed::to_string).collect(),
            others: self.others.iter().map(SetAside::to_string).collect(),
        })
    }
}

/// Returns how many of those who signed can each be a signatory of its own. Two patterns may both match one who signed, and two
/// who signed may both match one pattern; neither makes two.
fn pairs(may_be: &[&BTreeSet<usize>], taken: &mut BTreeSet<usize>) -> usize {
    let Some((first, rest)) = may_be.split_first() else { return 0 };
    let mut most = pairs(rest, taken);
    for place in *first {
        if taken.insert(*place) {
            most = most.max(1 + pairs(rest, taken));
            taken.remove(place);
        }
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_signer_counts_once_and_two_count_as_two() {
        for (may_be, expected) in [
            (vec![], 0),
            (vec![vec![0]], 1),
            (vec![vec![0, 1]], 1),
            (vec![vec![0], vec![0]], 1),
            (vec![vec![0, 1], vec![0]], 2),
            (vec![vec![0, 1], vec![0], vec![1]], 2),
            (vec![vec![0, 1, 2], vec![0, 1], vec![0], vec![]], 3),
        ] {
            let sets: Vec<BTreeSet<usize>> =
                may_be.into_iter().map(|set| set.into_iter().collect()).collect();
            assert_eq!(pairs(&sets.iter().collect::<Vec<_>>(), &mut BTreeSet::new()), expected, "{sets:?}");
        }
    }
}
