//! A timestamp authority: says, with its signature, that it has seen other bytes at a time.
// See: RFC 3161 section 2.4, RFC 5652 section 5, RFC 5816 section 2

use super::certificate::{Authority, Extension, Template, serial};
use super::clock;
use super::der;
use super::key::{Kind, sha256};

const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TIMESTAMP_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.47";
const POLICY: &str = "1.3.6.1.4.1.57264.2";

/// Who makes timestamps.
#[derive(Debug, Clone)]
pub struct Stamper {
    /// The root of its chain.
    pub root: Authority,
    /// The key and certificate that sign.
    pub signer: Authority,
}

impl Stamper {
    /// Makes an authority with a chain of its own.
    #[must_use]
    pub fn new(seed: &str) -> Self {
        let root = Authority::root(Kind::P384, &format!("{seed} timestamp root"), "timestamp root");
        let key = format!("{seed} timestamp");
        let mut signer = root.below(Kind::P256, &key, "timestamp", TIME_STAMPING);
        signer.certificate = certificate(&signer, &root, vec![purpose()]);
        Self { root, signer }
    }
}

fn purpose() -> Extension {
    Extension { critical: true, ..Extension::purpose(TIME_STAMPING) }
}

/// Makes the certificate of a timestamp signer; `says` has its purposes.
#[must_use]
pub fn certificate(signer: &Authority, root: &Authority, says: Vec<Extension>) -> Vec<u8> {
    let fixed = [
        Extension::key_usage(0x80),
        Extension::subject_key(&signer.key),
        Extension::authority_key(&root.key),
    ];
    let template = Template {
        serial: serial(&signer.key.spki()),
        subject: signer.name.clone(),
        not_before: clock::START,
        not_after: clock::END,
        spki: signer.key.spki(),
        extensions: fixed.into_iter().chain(says).collect(),
    };
    template.signed_by(root)
}

/// A timestamp before it is signed.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// Who signs it.
    pub stamper: Stamper,
    /// The identifier of the imprint's hash.
    pub algorithm: String,
    /// The hash of what was seen.
    pub imprint: Vec<u8>,
    /// When.
    pub time: u64,
    /// Whether the signer's certificate is in it.
    pub with_certificate: bool,
}

impl Stamp {
    /// Makes a timestamp for bytes.
    #[must_use]
    pub fn new(stamper: &Stamper, bytes: &[u8], time: u64) -> Self {
        let (stamper, algorithm) = (stamper.clone(), SHA256.to_owned());
        Self { stamper, algorithm, imprint: sha256(bytes).to_vec(), time, with_certificate: true }
    }

    /// Returns the authority's answer.
    #[must_use]
    pub fn response(&self) -> Vec<u8> {
        let granted = der::sequence(&[der::integer(&[0])]);
        let token = der::sequence(&[der::oid(SIGNED_DATA), der::tagged(0, &self.signed_data())]);
        der::sequence(&[granted, token])
    }

    fn info(&self) -> Vec<u8> {
        let imprint = der::sequence(&[algorithm(&self.algorithm), der::octets(&self.imprint)]);
        let number = serial(&[&self.imprint[..], &self.time.to_be_bytes()].concat());
        der::sequence(&[
            der::integer(&[1]),
            der::oid(POLICY),
            imprint,
            der::integer(&number),
            der::generalized_time(self.time),
        ])
    }

    fn signed_data(&self) -> Vec<u8> {
        let info = self.info();
        let content = der::sequence(&[der::oid(TIMESTAMP_INFO), der::tagged(0, &der::octets(&info))]);
        let certificates = der::tagged(0, &self.stamper.signer.certificate);
        der::sequence(&[
            der::integer(&[3]),
            der::set(&[algorithm(SHA256)]),
            content,
            if self.with_certificate { certificates } else { Vec::new() },
            der::set(&[self.signer_info(&info)]),
        ])
    }

    fn signer_info(&self, info: &[u8]) -> Vec<u8> {
        let Stamper { root, signer } = &self.stamper;
        let attributes = attributes(info, &signer.certificate);
        // Signed as a set, written with a context tag.
        let signature = signer.key.sign(&attributes);
        let written = [&[0xa0], &attributes[1..]].concat();
        der::sequence(&[
            der::integer(&[1]),
            der::sequence(&[root.name.clone(), der::integer(&serial(&signer.key.spki()))]),
            algorithm(SHA256),
            written,
            signer.key.algorithm(),
            der::octets(&signature),
        ])
    }
}

fn attributes(info: &[u8], certificate: &[u8]) -> Vec<u8> {
    let attribute = |oid, value| der::sequence(&[der::oid(oid), der::set(&[value])]);
    let certificate = der::sequence(&[der::octets(&sha256(certificate))]);
    der::set(&[
        attribute(CONTENT_TYPE, der::oid(TIMESTAMP_INFO)),
        attribute(MESSAGE_DIGEST, der::octets(&sha256(info))),
        attribute(SIGNING_CERTIFICATE, der::sequence(&[der::sequence(&[certificate])])),
    ])
}

fn algorithm(oid: &str) -> Vec<u8> {
    der::sequence(&[der::oid(oid)])
}
