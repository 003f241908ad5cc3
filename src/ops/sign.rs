//! `bundle sign`: signatures into a bundle that exists, by a key, or made elsewhere.
//!
//! Everything is found out before anything is written: that the file is a bundle whose tables are whole, that what is attached is a
//! signature over this very index, and that there is a place for it. Then only slots change. A signature by certificate has to hold
//! against the trusted root, whatever its identity. A key's signature that was made elsewhere is checked with its public key only.

use std::path::Path;

use super::error::{OpsError, SignError};
use crate::archive::UnverifiedArchive;
use crate::digest::Digest;
use crate::trust::{BundleSignature, BundleSignatureError, Claimed, SLOT, SigningKey, TrustedRoot, is_empty};

/// How to sign.
#[derive(Debug)]
pub struct SignOptions {
    /// The key that signs.
    pub key: Option<SigningKey>,
    /// Signatures that were made elsewhere.
    pub attachments: Vec<Attachment>,
    /// Whether the signatures that are there stay.
    pub add: bool,
    /// What the certificates of attached signatures are checked against.
    pub root: TrustedRoot,
}

/// A signature that was made elsewhere.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// The name of its file, for errors.
    pub name: String,
    /// The JSON of a Sigstore bundle.
    pub text: String,
}

/// What is signed now, and by whom.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct SignReport {
    /// The bundle's identity: the digest of its index.
    pub digest: Digest,
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
    /// The slots that hold a signature now.
    pub signatures: Vec<SlotReport>,
}

/// A slot that holds a signature.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SlotReport {
    /// The slot.
    pub slot: String,
    /// Whose signature it is, or says it is.
    pub by: Claimed,
    /// How that is known.
    pub state: SlotState,
}

/// How it is known whose signature it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlotState {
    /// It was made now.
    Signed,
    /// It was attached, and its certificate holds.
    AttachedVerified,
    /// It was attached; the public key tells whether it is good.
    AttachedUnverified,
    /// It was there before, and is over this index; nothing else was checked.
    Kept,
}

/// A signature, and how it got here.
struct Placed {
    signature: BundleSignature,
    state: SlotState,
}

/// Signs a bundle. Nothing but its slots for signatures changes.
///
/// # Errors
/// When the file is not a bundle, a signature cannot be attached or has no place, or the file cannot be written.
pub fn sign(path: &Path, options: &SignOptions) -> Result<SignReport, OpsError> {
    let archive = UnverifiedArchive::open(path)?;
    let inspection = archive.inspect()?;
    let mut slots =
        if options.add { kept(&archive)? } else { archive.slots().iter().map(|_| None).collect() };
    for placed in new(archive.index(), options)? {
        place(&mut slots, placed)?;
    }
    let contents: Result<Vec<_>, _> = slots.iter().map(content).collect();
    archive.write_slots(&contents.map_err(SignError::Unfit)?)?;
    let names = archive.slots().iter().map(|(name, _)| name.clone());
    let signatures = names.zip(slots).filter_map(|(slot, placed)| {
        let Placed { signature, state } = placed?;
        Some(SlotReport { slot, by: signature.claimed().clone(), state })
    });
    Ok(SignReport {
        digest: inspection.digest,
        name: inspection.contents.name,
        version: inspection.contents.version,
        signatures: signatures.collect(),
    })
}

/// Reads the signatures that are there. One that would have the bundle refused cannot stay.
fn kept(archive: &UnverifiedArchive) -> Result<Vec<Option<Placed>>, SignError> {
    let read = |(slot, content): &(String, Vec<u8>)| {
        if is_empty(content) {
            return Ok(None);
        }
        let signature = BundleSignature::parse(content)
            .and_then(|signature| signature.check_digest(archive.index()).map(|()| signature))
            .map_err(|source| SignError::Bad { slot: slot.clone(), source })?;
        Ok(Some(Placed { signature, state: SlotState::Kept }))
    };
    archive.slots().iter().map(read).collect()
}

/// Makes the new signatures, and checks those that were made elsewhere.
fn new(index: &[u8], options: &SignOptions) -> Result<Vec<Placed>, SignError> {
    let signed = options.key.iter().map(|key| {
        let signature = BundleSignature::sign(key, index);
        Ok(Placed { signature, state: SlotState::Signed })
    });
    let attached = options.attachments.iter().map(|attachment| {
        attach(attachment, index, &options.root)
            .map_err(|source| SignError::Attachment { name: attachment.name.clone(), source })
    });
    signed.chain(attached).collect()
}

fn attach(attachment: &Attachment, index: &[u8], root: &TrustedRoot) -> Result<Placed, BundleSignatureError> {
    let signature = BundleSignature::parse(attachment.text.trim_ascii().as_bytes())?;
    let state = match signature.check_attached(index, root)? {
        Some(_) => SlotState::AttachedVerified,
        None => SlotState::AttachedUnverified,
    };
    Ok(Placed { signature, state })
}

/// Puts a signature where the same signatory's was, else into the first free slot.
fn place(slots: &mut [Option<Placed>], placed: Placed) -> Result<(), SignError> {
    let by = |slot: &Option<Placed>| slot.as_ref().map(|placed| placed.signature.claimed().clone());
    let own = slots.iter().position(|slot| by(slot).as_ref() == Some(placed.signature.claimed()));
    let free = || slots.iter().position(Option::is_none);
    match own.or_else(free) {
        Some(place) => slots[place] = Some(placed),
        None => {
            let by = slots.iter().filter_map(by).map(|by| by.to_string()).collect();
            return Err(SignError::Full { slots: slots.len(), by });
        }
    }
    Ok(())
}

fn content(slot: &Option<Placed>) -> Result<Vec<u8>, BundleSignatureError> {
    slot.as_ref().map_or_else(|| Ok(vec![b' '; SLOT]), |placed| placed.signature.padded(SLOT))
}
