//! One Sigstore bundle over one artifact, verified: what a Sigstore client does.
//!
//! This is the entry point for those who have the bundle in hand, and for conformance suites. Images have [`super::verify_image`],
//! which finds the right one among many, and asks for more.

use sigstore_verify::types::{self, DerPublicKey, Sha256Hash};
use sigstore_verify::{PublicKeyVerificationPolicy, types::Bundle};

use super::encoding::excerpt;
use super::evidence::from_json;
use super::fault::Fault;
use super::keyless::{self, KeylessFault, Leaf};
use super::public_key::PublicKey;
use super::requirement::Signatory;
use super::sigstore_bundle::{self, Header, MEDIA_TYPES};
use super::simple_signing::expect;
use super::statement::{self, IN_TOTO};
use super::trusted_root::TrustedRoot;
use super::verified::Verified;
use crate::digest::Digest;
use crate::lock::Signer;
use crate::spec::Identity;

/// Attestations have megabytes; nobody signs with more.
const SIZE_LIMIT: usize = 16 * 1024 * 1024;

/// What is to be verified: a file, an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Artifact<'a> {
    /// Its SHA-256. Not enough for Ed25519, which signs the bytes themselves.
    Digest(Digest),
    /// Its bytes.
    Bytes(&'a [u8]),
}

/// What a bundle was found to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleProof {
    /// Who signed.
    pub signer: Signer,
    /// What was said of the artifact, where it was not signed itself but is the subject of a statement.
    pub predicate_type: Option<String>,
}

/// Verifies that the artifact was signed by the signatory, offline.
///
/// The bundle is the JSON of a Sigstore bundle of version 0.1, 0.2 or 0.3, with
/// - a signature over the artifact (`messageSignature`), or a statement with the artifact as a subject (`dsseEnvelope`, in-toto
///   Statement v1 or v0.1, of any predicate type: compare [`BundleProof::predicate_type`] where it matters);
/// - entries of Rekor v1 (`hashedrekord` 0.0.1, `dsse` 0.0.1, `intoto` 0.0.2; each with its promise, versions 0.2 and 0.3 with an
///   inclusion proof) or of Rekor v2 (`hashedrekord` 0.0.2, with a timestamp of RFC 3161 where a certificate signed);
/// - the certificate of an identity, or the hint of a key. The hint is not compared, the key has to be the one that signed.
///
/// Everything that is present has to hold, also where less would do. What is stricter here than elsewhere is listed at the head of
/// the module `keyless`.
///
/// # Examples
///
/// ```no_run
/// use airgap_bundle::spec::Identity;
/// use airgap_bundle::trust::{Artifact, Signatory, TrustedRoot, verify_bundle};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let root = TrustedRoot::parse(&std::fs::read("trusted_root.json")?)?;
/// let (artifact, bundle) = (std::fs::read("artifact")?, std::fs::read("artifact.sigstore.json")?);
/// let identity = Identity::exact("https://accounts.example.com", "release@example.com");
/// let proof = verify_bundle(Artifact::Bytes(&artifact), &bundle, &root, Signatory::Identity(&identity))?;
/// assert!(proof.predicate_type.is_none(), "the artifact is signed itself, not the subject of a statement");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Fault`], for the first thing that is wrong.
pub fn verify_bundle(
    artifact: Artifact<'_>,
    json: &[u8],
    root: &TrustedRoot,
    signatory: Signatory<'_>,
) -> Result<Verified<BundleProof>, Fault> {
    let outer = read(json)?;
    let predicate_type = predicate_type(&outer)?;
    let bundle = keyless::parse(json)?;
    let signer = match signatory {
        Signatory::Key(_) if outer.verification_material.public_key.is_none() => return Err(Fault::NoKey),
        Signatory::Key(key) => by_key(artifact, &bundle, root, key)?,
        Signatory::Identity(identity) => by_identity(artifact, &outer, &bundle, root, identity)?,
    };
    Ok(Verified::new(BundleProof { signer, predicate_type }))
}

fn read(json: &[u8]) -> Result<sigstore_bundle::Bundle, Fault> {
    if json.len() > SIZE_LIMIT {
        let limit = SIZE_LIMIT as u64;
        return Err(Fault::TooLarge { what: "bundle", limit, found: json.len() as u64 });
    }
    let header: Header = from_json("bundle", json)?;
    if !MEDIA_TYPES.contains(&header.media_type.as_str()) {
        let expected = MEDIA_TYPES[0].to_owned();
        return Err(Fault::OtherValue { field: "media type", expected, found: excerpt(&header.media_type) });
    }
    let bundle: sigstore_bundle::Bundle = from_json("bundle", json)?;
    match bundle.verification_material.signers() {
        1 => Ok(bundle),
        found => Err(Fault::Count { expected: "1 key or certificate of a bundle", found }),
    }
}

/// Returns what kind of statement the bundle holds, if any.
fn predicate_type(bundle: &sigstore_bundle::Bundle) -> Result<Option<String>, Fault> {
    let Some(envelope) = &bundle.dsse_envelope else { return Ok(None) };
    if bundle.message_signature.is_some() {
        return Err(Fault::Count { expected: "1 content of a bundle", found: 2 });
    }
    expect("payload type", IN_TOTO, &envelope.payload_type)?;
    statement::check_kind(&envelope.payload.0)?;
    statement::predicate_type(&envelope.payload.0).map(Some)
}

fn by_identity(
    artifact: Artifact<'_>,
    outer: &sigstore_bundle::Bundle,
    bundle: &Bundle,
    root: &TrustedRoot,
    identity: &Identity,
) -> Result<Signer, Fault> {
    let certificate = outer.verification_material.signing_certificate();
    let leaf = Leaf::parse(certificate.ok_or(Fault::NoCertificate)?)?;
    let signer = keyless::verify(bundle, &leaf, artifact.to_library(), root)?;
    if !leaf.claims().are_of(identity) {
        let found = format!("{}{}", leaf.claims(), leaf.claims().differences(identity));
        return Err(KeylessFault::OtherIdentity { expected: identity.to_string(), found }.into());
    }
    Ok(Signer::Certificate(signer))
}

fn by_key(
    artifact: Artifact<'_>,
    bundle: &Bundle,
    root: &TrustedRoot,
    key: &PublicKey,
) -> Result<Signer, Fault> {
    let policy = PublicKeyVerificationPolicy::new(DerPublicKey::from_bytes(key.as_der()));
    keyless::verify_by_key(bundle, artifact.to_library(), &policy, root)?;
    Ok(Signer::Key(key.hint()))
}

impl<'a> Artifact<'a> {
    fn to_library(self) -> types::Artifact<'a> {
        match self {
            Self::Digest(digest) => types::Artifact::from_digest(Sha256Hash::new(*digest.bytes())),
            Self::Bytes(bytes) => types::Artifact::from_blob(bytes),
        }
    }
}
