//! Signed certificate timestamps: the CT log's promise, embedded in the certificate that it is about.
// See: RFC 6962 sections 3.2 and 3.3

use super::certificate::{Authority, Extension};
use super::der;
use super::key::Key;

const OID: &str = "1.3.6.1.4.1.11129.2.4.2";

/// What a timestamp will say and who signs it.
#[derive(Debug, Clone)]
pub struct Sct {
    /// The log's key.
    pub key: Key,
    /// Which log it says it is of.
    pub log_id: [u8; 32],
    /// When, in milliseconds since 1970.
    pub milliseconds: u64,
    /// The version of the structure; 0 for RFC 6962.
    pub version: u8,
    /// What was logged; 1 for a certificate before its timestamps are in it.
    pub entry_type: u16,
    /// The hash of the key of the CA that signs the certificate.
    pub issuer_key_hash: [u8; 32],
    /// What is added (exclusive or) to the signature's last byte; 0 leaves it good.
    pub altered: u8,
}

impl Sct {
    /// Makes a good timestamp.
    #[must_use]
    pub fn new(log: &Key, issuer: &Authority, seconds: u64) -> Self {
        Self {
            key: log.clone(),
            log_id: log.id(),
            milliseconds: seconds * 1000,
            version: 0,
            entry_type: 1,
            issuer_key_hash: issuer.key.id(),
            altered: 0,
        }
    }

    /// Signs for the part of a certificate that will be signed once the timestamps are in it.
    fn sign(&self, tbs: &[u8]) -> Vec<u8> {
        let length = (tbs.len() as u32).to_be_bytes();
        let signed = [
            &[self.version, 0][..],
            &self.milliseconds.to_be_bytes(),
            &self.entry_type.to_be_bytes(),
            &self.issuer_key_hash,
            &length[1..],
            tbs,
            &[0, 0],
        ];
        let mut signature = self.key.sign(&signed.concat());
        if let Some(last) = signature.last_mut() {
            *last ^= self.altered;
        }
        signature
    }

    fn encoded(&self, tbs: &[u8]) -> Vec<u8> {
        // SHA-256 and ECDSA, whatever the key is
        let fixed = [&[self.version][..], &self.log_id, &self.milliseconds.to_be_bytes(), &[0, 0, 4, 3]];
        [fixed.concat(), counted(&self.sign(tbs))].concat()
    }
}

/// Makes the extension that holds timestamps for the given part of a certificate.
#[must_use]
pub fn extension(scts: &[Sct], tbs: &[u8]) -> Extension {
    let list: Vec<u8> = scts.iter().flat_map(|sct| counted(&sct.encoded(tbs))).collect();
    Extension::plain(OID, der::octets(&counted(&list)))
}

fn counted(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}
