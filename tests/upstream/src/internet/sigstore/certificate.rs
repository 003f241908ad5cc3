//! X.509 certificates, and the authorities that sign them.
// See: RFC 5280 section 4

use super::clock;
use super::der;
use super::key::{Key, Kind, sha256};

/// What a certificate says, before it is signed.
#[derive(Debug, Clone)]
pub struct Template {
    /// The serial number.
    pub serial: Vec<u8>,
    /// The subject's name (see [`name`]).
    pub subject: Vec<u8>,
    /// When it begins, in seconds since 1970.
    pub not_before: u64,
    /// The last second of its life.
    pub not_after: u64,
    /// The subject's key, as SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// The extensions, in this order.
    pub extensions: Vec<Extension>,
}

/// An extension of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Which one, dotted.
    pub oid: String,
    /// Whether a reader that does not know it must refuse.
    pub critical: bool,
    /// What it says.
    pub value: Vec<u8>,
}

/// A CA: its key and its certificate.
#[derive(Debug, Clone)]
pub struct Authority {
    /// The private key.
    pub key: Key,
    /// The name that it signs under.
    pub name: Vec<u8>,
    /// Its own certificate.
    pub certificate: Vec<u8>,
}

impl Extension {
    /// Makes an extension that is not critical.
    #[must_use]
    pub fn plain(oid: &str, value: Vec<u8>) -> Self {
        Self { oid: oid.to_owned(), critical: false, value }
    }

    /// Makes a critical extension.
    #[must_use]
    pub fn critical(oid: &str, value: Vec<u8>) -> Self {
        Self { critical: true, ..Self::plain(oid, value) }
    }

    /// Makes the key usage; the highest bit is digitalSignature.
    #[must_use]
    pub fn key_usage(bits: u8) -> Self {
        Self::critical("2.5.29.15", der::named_bits(bits))
    }

    /// Makes the extended key usage with one purpose.
    #[must_use]
    pub fn purpose(oid: &str) -> Self {
        Self::plain("2.5.29.37", der::sequence(&[der::oid(oid)]))
    }

    /// Makes the subject's key identifier.
    #[must_use]
    pub fn subject_key(key: &Key) -> Self {
        Self::plain("2.5.29.14", der::octets(&key_identifier(key)))
    }

    /// Makes the authority's key identifier.
    #[must_use]
    pub fn authority_key(key: &Key) -> Self {
        Self::plain("2.5.29.35", der::sequence(&[der::tagged_bytes(0, &key_identifier(key))]))
    }

    fn der(&self) -> Vec<u8> {
        let critical = if self.critical { der::yes() } else { Vec::new() };
        der::sequence(&[der::oid(&self.oid), critical, der::octets(&self.value)])
    }
}

/// Returns a name of an organisation and a common name.
#[must_use]
pub fn name(organisation: &str, common: &str) -> Vec<u8> {
    let part = |oid, text| der::set(&[der::sequence(&[der::oid(oid), der::text(text)])]);
    der::sequence(&[part("2.5.4.10", organisation), part("2.5.4.3", common)])
}

// See: RFC 7093 section 2: any short hash of the key will do
fn key_identifier(key: &Key) -> [u8; 20] {
    let mut identifier = [0; 20];
    identifier.copy_from_slice(&sha256(&key.public())[..20]);
    identifier
}

impl Template {
    /// Returns the part that is signed.
    #[must_use]
    pub fn tbs(&self, issuer: &Authority) -> Vec<u8> {
        let extensions: Vec<_> = self.extensions.iter().map(Extension::der).collect();
        der::sequence(&[
            der::tagged(0, &der::integer(&[2])),
            der::integer(&self.serial),
            issuer.key.algorithm(),
            issuer.name.clone(),
            der::sequence(&[der::time(self.not_before), der::time(self.not_after)]),
            self.subject.clone(),
            self.spki.clone(),
            der::tagged(3, &der::sequence(&extensions)),
        ])
    }

    /// Returns the certificate.
    #[must_use]
    pub fn signed_by(&self, issuer: &Authority) -> Vec<u8> {
        let tbs = self.tbs(issuer);
        let signature = der::bits(&issuer.key.sign(&tbs));
        der::sequence(&[tbs, issuer.key.algorithm(), signature])
    }
}

impl Authority {
    /// Makes an authority that signs its own certificate.
    #[must_use]
    pub fn root(kind: Kind, seed: &str, common: &str) -> Self {
        let mut root = Self::unsigned(kind, seed, common);
        let template = root.template(&root, &[Extension::key_usage(0x06), is_authority(None)]);
        root.certificate = template.signed_by(&root);
        root
    }

    /// Makes an authority below this one, for one purpose.
    #[must_use]
    pub fn below(&self, kind: Kind, seed: &str, common: &str, purpose: &str) -> Self {
        let mut below = Self::unsigned(kind, seed, common);
        let says = [Extension::key_usage(0x06), Extension::purpose(purpose), is_authority(Some(0))];
        below.certificate = below.template(self, &says).signed_by(self);
        below
    }

    fn unsigned(kind: Kind, seed: &str, common: &str) -> Self {
        let name = name("sigstore.test", common);
        Self { key: Key::of(kind, seed), name, certificate: Vec::new() }
    }

    fn template(&self, issuer: &Self, says: &[Extension]) -> Template {
        let keys = [Extension::subject_key(&self.key), Extension::authority_key(&issuer.key)];
        Template {
            serial: serial(&self.key.spki()),
            subject: self.name.clone(),
            not_before: clock::START,
            not_after: clock::END,
            spki: self.key.spki(),
            extensions: says.iter().cloned().chain(keys).collect(),
        }
    }
}

fn is_authority(path: Option<u8>) -> Extension {
    let path = path.map(|length| der::integer(&[length])).unwrap_or_default();
    Extension::critical("2.5.29.19", der::sequence(&[der::yes(), path]))
}

/// Returns a serial number that differs where the bytes do.
#[must_use]
pub fn serial(of: &[u8]) -> Vec<u8> {
    let mut serial = sha256(of)[..20].to_vec();
    serial[0] = serial[0] & 0x3f | 0x40;
    serial
}
