//! Who must have signed, and what is asked of each signature because of it.

use crate::digest::Digest;
use crate::spec::Identity;
use crate::trust::keys::encoding::excerpt;
use crate::trust::keys::public_key::PublicKey;
use crate::trust::sigstore::claims::Claims;
use crate::trust::sigstore::signatory::Signatory;
use crate::trust::sigstore::trusted_root::TrustedRoot;

/// Who must have signed an image or artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// This key.
    Key(PublicKey),
    /// A certificate for this identity.
    Identity(Identity),
    /// All of these; the same signatory twice, or none at all, is an error.
    AllOf(Vec<Requirement>),
    /// Any of these; none at all is an error.
    AnyOf(Vec<Requirement>),
}

impl Requirement {
    /// Returns everybody who is named, in order.
    #[must_use]
    pub fn signatories(&self) -> Vec<Signatory<'_>> {
        match self {
            Self::Key(key) => vec![Signatory::Key(key)],
            Self::Identity(identity) => vec![Signatory::Identity(identity)],
            Self::AllOf(all) | Self::AnyOf(all) => all.iter().flat_map(Self::signatories).collect(),
        }
    }

    /// Returns whether some part of the requirement names no signer. Such a part would be met by anything, or by nothing.
    pub(crate) fn is_hollow(&self) -> bool {
        match self {
            Self::Key(_) | Self::Identity(_) => false,
            Self::AllOf(all) | Self::AnyOf(all) => all.is_empty() || all.iter().any(Self::is_hollow),
        }
    }

    /// Returns a signatory that some `AllOf` names twice: one signature would stand for two.
    pub(crate) fn repeated(&self) -> Option<Signatory<'_>> {
        match self {
            Self::Key(_) | Self::Identity(_) => None,
            Self::AnyOf(any) => any.iter().find_map(Self::repeated),
            Self::AllOf(all) => {
                let named = self.signatories();
                let twice = named.iter().enumerate().find(|(at, one)| named[..*at].contains(one));
                twice.map(|(_, one)| *one).or_else(|| all.iter().find_map(Self::repeated))
            }
        }
    }

    /// Tells whether these signatories are enough.
    pub(crate) fn is_met_by(&self, signed: &[Signatory<'_>]) -> bool {
        match self {
            Self::Key(key) => signed.contains(&Signatory::Key(key)),
            Self::Identity(identity) => signed.contains(&Signatory::Identity(identity)),
            Self::AllOf(all) => all.iter().all(|one| one.is_met_by(signed)),
            Self::AnyOf(any) => any.iter().any(|one| one.is_met_by(signed)),
        }
    }
}

/// What is asked of everything that lies beside an image.
pub(crate) struct Question<'a> {
    pub subject: Digest,
    /// The type of the predicate that a statement has to have.
    pub predicate_type: &'a str,
    pub keys: Vec<&'a PublicKey>,
    /// `None` if no identity is required.
    pub keyless: Option<Keyless<'a>>,
}

/// Identities, and what their certificates are checked against.
pub(crate) struct Keyless<'a> {
    pub identities: Vec<&'a Identity>,
    pub root: &'a TrustedRoot,
}

impl<'a> Question<'a> {
    /// Returns the first of the keys that made the signature over the bytes.
    pub(crate) fn signer_of(&self, bytes: &[u8], der_signature: &[u8]) -> Option<&'a PublicKey> {
        self.keys.iter().find(|key| key.verify(bytes, der_signature).is_ok()).copied()
    }

    /// Tells whether one of the keys has this name.
    pub(crate) fn names_key(&self, hint: &str) -> bool {
        self.keys.iter().any(|key| key.hint() == hint)
    }

    /// Returns what to verify a certificate against, and the identities it is for; `None` where it is for none of ours.
    pub(crate) fn accepting(&self, claims: &Claims) -> Option<(&'a TrustedRoot, Vec<Signatory<'a>>)> {
        let keyless = self.keyless.as_ref()?;
        let accepting = keyless.identities.iter().filter(|identity| claims.are_of(identity));
        let accepting: Vec<_> = accepting.map(|identity| Signatory::Identity(identity)).collect();
        (!accepting.is_empty()).then_some((keyless.root, accepting))
    }

    /// Names the holder of a certificate that is for none of ours.
    pub(crate) fn stranger(&self, claims: &Claims) -> String {
        let identities = self.keyless.as_ref().map(|keyless| keyless.identities.as_slice());
        let near = identities.unwrap_or_default().iter().find(|identity| claims.name(identity));
        format!("{claims}{}", near.map(|identity| claims.differences(identity)).unwrap_or_default())
    }

    /// Says what a statement is whose predicate is not the one that is asked for.
    pub(crate) fn other_statement(&self, predicate_type: &str) -> String {
        format!("an attestation of type `{}`", excerpt(predicate_type))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trust::keys::signer::SigningKey;

    #[test]
    fn all_and_any_are_told_apart() {
        let [one, other] = [(); 2].map(|()| SigningKey::generate().unwrap().public_key().clone());
        let [first, second] = [Signatory::Key(&one), Signatory::Key(&other)];
        let both = vec![Requirement::Key(one.clone()), Requirement::Key(other.clone())];
        let (all, any) = (Requirement::AllOf(both.clone()), Requirement::AnyOf(both));
        for (signed, all_met, any_met) in [
            (vec![], false, false),
            (vec![first], false, true),
            (vec![first, first], false, true),
            (vec![first, second], true, true),
        ] {
            assert_eq!((all.is_met_by(&signed), any.is_met_by(&signed)), (all_met, any_met));
        }
        assert_eq!((all.repeated(), any.repeated()), (None, None));
        let nested = Requirement::AllOf(vec![any, Requirement::Key(other.clone())]);
        assert_eq!(nested.repeated(), Some(second));
        assert!(!nested.is_met_by(&[first]) && nested.is_met_by(&[second]));
        assert_eq!(nested.signatories(), [first, second, second]);
    }

    #[test]
    fn a_part_without_a_signer_is_found() {
        let key = || Requirement::Key(SigningKey::generate().unwrap().public_key().clone());
        assert!(!Requirement::AllOf(vec![key(), Requirement::AnyOf(vec![key()])]).is_hollow());
        for hollow in [
            Requirement::AllOf(vec![]),
            Requirement::AnyOf(vec![]),
            Requirement::AnyOf(vec![key(), Requirement::AllOf(vec![])]),
        ] {
            assert!(hollow.is_hollow());
        }
    }
}
