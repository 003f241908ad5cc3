//! One signature of a bundle, judged: by a given signer, by another one, or bad.

use super::claimed::Claimed;
use super::error::BundleSignatureError;
use super::signature::BundleSignature;
use super::signers::BundleSigners;
use crate::lock::{CertificateSigner, Signer};
use crate::trust::keys::public_key::PublicKey;
use crate::trust::sigstore::keyless;
use crate::trust::sigstore::keyless::certificate::Leaf;
use crate::trust::sigstore::keyless::fault::KeylessFault;
use crate::trust::sigstore::trusted_root::TrustedRoot;

/// The judgement on a signature that is not bad.
pub(crate) enum Judgement {
    /// It is good, and by these of the signatories, by their places.
    Signed { signer: Signer, by: Vec<usize> },
    /// It is by another signer; whether that is proved.
    SetAside { verified: bool },
}

impl BundleSignature {
    /// Judges the signature over the bytes.
    pub(crate) fn judge(
        &self,
        bytes: &[u8],
        signers: &BundleSigners,
        root: &TrustedRoot,
    ) -> Result<Judgement, BundleSignatureError> {
        self.check_digest(bytes)?;
        match (&self.claimed, &self.certificate) {
            (Claimed::Key(hint), None) => self.judge_by_key(hint, bytes, signers, root),
            (_, certificate) => {
                let leaf = self.leaf(certificate.as_deref().unwrap_or_default())?;
                self.judge_by_certificate(&leaf, bytes, signers, root)
            }
        }
    }

    /// Checks a signature that was made elsewhere, by any signer: it has to be over these bytes, and its certificate has to hold.
    /// A key's signature cannot be checked without the key.
    ///
    /// # Errors
    ///
    /// [`BundleSignatureError`] where it is over other bytes, or its certificate proves nothing.
    pub fn check_attached(
        &self,
        bytes: &[u8],
        root: &TrustedRoot,
    ) -> Result<Option<Signer>, BundleSignatureError> {
        self.check_digest(bytes)?;
        let Some(certificate) = &self.certificate else { return Ok(None) };
        let signer = self.verify_certificate(&self.leaf(certificate)?, bytes, root)?;
        Ok(Some(Signer::Certificate(signer)))
    }

    fn judge_by_key(
        &self,
        hint: &str,
        bytes: &[u8],
        signers: &BundleSigners,
        root: &TrustedRoot,
    ) -> Result<Judgement, BundleSignatureError> {
        let made = |key: &PublicKey| key.verify(bytes, &self.signature).is_ok();
        let Some((place, key)) = signers.key(|key| key.hint() == hint) else {
            return match signers.key(made) {
                None => Ok(Judgement::SetAside { verified: false }),
                Some((_, key)) => Err(self.other_name(key)),
            };
        };
        if !made(key) {
            return Err(BundleSignatureError::BadSignature { hint: hint.to_owned() });
        }
        if self.is_witnessed {
            let bundle = self.for_library()?;
            keyless::verify_witnesses(&bundle, bytes, key.as_der(), root)
                .and_then(|()| keyless::check_repetitions(&bundle))
                .map_err(|fault| self.unproved(fault))?;
        }
        Ok(Judgement::Signed { signer: Signer::Key(key.hint()), by: vec![place] })
    }

    fn judge_by_certificate(
        &self,
        leaf: &Leaf,
        bytes: &[u8],
        signers: &BundleSigners,
        root: &TrustedRoot,
    ) -> Result<Judgement, BundleSignatureError> {
        let by = signers.accepting(leaf.claims());
        // A stranger may be of a Sigstore that is not ours. Where it is ours, what it says has to be true.
        if by.is_empty() && !keyless::is_logged_by(&self.for_library()?, root) {
            return Ok(Judgement::SetAside { verified: false });
        }
        let signer = self.verify_certificate(leaf, bytes, root)?;
        if by.is_empty() {
            return Ok(Judgement::SetAside { verified: true });
        }
        Ok(Judgement::Signed { signer: Signer::Certificate(signer), by })
    }

    fn verify_certificate(
        &self,
        leaf: &Leaf,
        bytes: &[u8],
        root: &TrustedRoot,
    ) -> Result<CertificateSigner, BundleSignatureError> {
        let bundle = self.for_library()?;
        let verified = keyless::verify(&bundle, leaf, bytes, root);
        verified
            .and_then(|signer| keyless::check_repetitions(&bundle).map(|()| signer))
            .map_err(|fault| self.unproved(fault))
    }

    fn leaf(&self, certificate: &[u8]) -> Result<Leaf, BundleSignatureError> {
        Leaf::parse(certificate).map_err(|fault| self.unproved(fault))
    }

    fn unproved(&self, source: KeylessFault) -> BundleSignatureError {
        BundleSignatureError::Unproved { by: self.claimed.to_string(), source }
    }

    fn other_name(&self, key: &PublicKey) -> BundleSignatureError {
        BundleSignatureError::OtherName { expected: key.hint(), found: self.claimed.to_string() }
    }
}
