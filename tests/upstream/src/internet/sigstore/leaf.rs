//! The certificate of one signature: made for an identity, valid for ten minutes.
// See: sigstore/fulcio docs/certificate-specification.md

use super::certificate::{Authority, Extension, Template, serial};
use super::clock::LIFETIME;
use super::der;
use super::key::{Key, Kind};
use super::sct::{self, Sct};
use super::{Claims, Signing, Sigstore};

const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const ALTERNATIVE_NAME: &str = "2.5.29.17";

/// A leaf certificate before it is issued.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// The key that signs, and that the certificate is for.
    pub key: Key,
    /// Who issues it.
    pub authority: Authority,
    /// When it begins, in seconds since 1970.
    pub not_before: u64,
    /// The last second of its life.
    pub not_after: u64,
    /// The extensions before the timestamps, in this order (see [`Leaf::replace`]).
    pub extensions: Vec<Extension>,
    /// The CT log's timestamps; `None` leaves their extension out.
    pub scts: Option<Vec<Sct>>,
}

impl Leaf {
    /// Makes a certificate as Fulcio would.
    #[must_use]
    pub fn new(sigstore: &Sigstore, signing: &Signing, seed: &str) -> Self {
        let key = Key::of(Kind::P256, seed);
        let authority = sigstore.intermediate.clone();
        let mut extensions = vec![
            Extension::key_usage(0x80),
            Extension::purpose(CODE_SIGNING),
            Extension::subject_key(&key),
            Extension::authority_key(&authority.key),
            alternative_name(&signing.identity),
        ];
        extensions.extend(Claims::extensions(&signing.issuer, &signing.identity, signing.claims.as_ref()));
        let scts = Some(vec![Sct::new(&sigstore.ct, &authority, signing.time)]);
        let (not_before, not_after) = (signing.time, signing.time + LIFETIME);
        Self { key, authority, not_before, not_after, extensions, scts }
    }

    /// Removes what the certificate says under an identifier.
    pub fn remove(&mut self, oid: &str) {
        self.extensions.retain(|extension| extension.oid != oid);
    }

    /// Puts an extension in the place of the one with the same identifier, or at the end.
    pub fn replace(&mut self, new: Extension) {
        match self.extensions.iter_mut().find(|extension| extension.oid == new.oid) {
            Some(old) => *old = new,
            None => self.extensions.push(new),
        }
    }

    /// Issues the certificate, in DER.
    #[must_use]
    pub fn issue(&self) -> Vec<u8> {
        let mut template = Template {
            serial: serial(&self.key.spki()),
            subject: der::sequence(&[]),
            not_before: self.not_before,
            not_after: self.not_after,
            spki: self.key.spki(),
            extensions: self.extensions.clone(),
        };
        if let Some(scts) = &self.scts {
            let timestamps = sct::extension(scts, &template.tbs(&self.authority));
            template.extensions.push(timestamps);
        }
        template.signed_by(&self.authority)
    }
}

/// Makes the extension with the identity, as a URI.
#[must_use]
pub fn alternative_name(identity: &str) -> Extension {
    let uri = der::tagged_bytes(6, identity.as_bytes());
    // Critical, because the subject is empty.
    Extension::critical(ALTERNATIVE_NAME, der::sequence(&[uri]))
}
