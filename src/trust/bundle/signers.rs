//! Who must have signed a bundle, and how many of them.

use crate::spec::Identity;
use crate::trust::keys::public_key::PublicKey;
use crate::trust::sigstore::claims::Claims;
use crate::trust::sigstore::signatory::Signatory;

/// Those who may have signed a bundle, each once, and how many of them must have.
///
/// There is always a way to meet it: at least one signatory, and no more demanded than there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleSigners {
    keys: Vec<PublicKey>,
    identities: Vec<Identity>,
    threshold: usize,
}

/// A demand that nothing could meet, or everything would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleSignersError {
    /// No signatory was given.
    #[error("no signer given")]
    NoSigner,
    /// No signature would be needed.
    #[error("threshold 0 asks for no signature at all")]
    NoThreshold,
    /// More are demanded than were given, the same one twice being one.
    #[error(
        "threshold {threshold}, but only {given} distinct {} given",
        if *given == 1 { "signer is" } else { "signers are" }
    )]
    TooFewGiven {
        /// How many must have signed.
        threshold: usize,
        /// How many were given.
        given: usize,
    },
}

impl BundleSigners {
    /// Returns the demand that so many of these have signed. The same key, or the same identity, twice is one.
    ///
    /// Keys are the same where their SubjectPublicKeyInfo is.
    ///
    /// # Errors
    ///
    /// [`BundleSignersError`] if no signer is given, or the threshold is zero or more than there are signatories.
    pub fn new(
        keys: impl IntoIterator<Item = PublicKey>,
        identities: impl IntoIterator<Item = Identity>,
        threshold: usize,
    ) -> Result<Self, BundleSignersError> {
        let (keys, identities) = (distinct(keys), distinct(identities));
        let given = keys.len() + identities.len();
        match threshold {
            _ if given == 0 => Err(BundleSignersError::NoSigner),
            0 => Err(BundleSignersError::NoThreshold),
            _ if threshold > given => Err(BundleSignersError::TooFewGiven { threshold, given }),
            _ => Ok(Self { keys, identities, threshold }),
        }
    }

    /// Returns how many must have signed.
    #[must_use]
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// Returns everybody who was given: the keys, then the identities.
    #[must_use]
    pub fn signatories(&self) -> Vec<Signatory<'_>> {
        let identities = self.identities.iter().map(Signatory::Identity);
        self.keys.iter().map(Signatory::Key).chain(identities).collect()
    }

    /// Tells whether certificates are asked for, so that a trusted root decides.
    #[must_use]
    pub fn are_keyless(&self) -> bool {
        !self.identities.is_empty()
    }

    /// Returns the first such key, and its place among the signatories.
    pub(crate) fn key(&self, is_it: impl Fn(&PublicKey) -> bool) -> Option<(usize, &PublicKey)> {
        self.keys.iter().enumerate().find(|(_, key)| is_it(key))
    }

    /// Returns the places of the signatories that a certificate is for.
    pub(crate) fn accepting(&self, claims: &Claims) -> Vec<usize> {
        let accepting = self.identities.iter().enumerate().filter(|(_, identity)| claims.are_of(identity));
        accepting.map(|(place, _)| self.keys.len() + place).collect()
    }
}

fn distinct<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::keys::signer::SigningKey;

    #[test]
    fn a_threshold_that_cannot_be_met_is_refused() {
        let [one, other] = [(); 2].map(|()| SigningKey::generate().unwrap().public_key().clone());
        let again = PublicKey::from_pem(&one.to_pem()).unwrap();
        let identity = Identity::exact("https://issuer.test", "https://example.test/a");
        let table = [
            (vec![], vec![], 1, "no signer given"),
            (vec![&one], vec![], 0, "threshold 0 asks for no signature at all"),
            (vec![&one], vec![], 2, "threshold 2, but only 1 distinct signer is given"),
            (vec![&one, &again], vec![], 2, "threshold 2, but only 1 distinct signer is given"),
            (vec![&one, &other], vec![], 3, "threshold 3, but only 2 distinct signers are given"),
            (vec![], vec![&identity, &identity], 2, "threshold 2, but only 1 distinct signer is given"),
            (vec![&one, &other, &one], vec![&identity], 3, ""),
        ];
        for (keys, identities, threshold, error) in table {
            let made =
                BundleSigners::new(keys.into_iter().cloned(), identities.into_iter().cloned(), threshold);
            assert_eq!(made.map_err(|error| error.to_string()).err().unwrap_or_default(), error);
        }
    }
}
