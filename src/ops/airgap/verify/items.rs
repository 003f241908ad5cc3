//! What a bundle carries, compared with its spec and its lock, and judged again.
//!
//! The signature over the index shows who made this bundle. Here it is checked that what it carries is what its lock names,
//! all of it and nothing else, and that upstream's signatures hold for exactly that. Refused, all in
//! `a_bundle_whose_parts_contradict_each_other_is_refused`:
//! - an item whose content is not what the lock names; a subset index that was not made from the original that upstream signed;
//! - an image that is composed, and is not what composing gives again, byte for byte;
//! - an item or a file that is in the bundle, but not in the spec; two of one name;
//! - a signature that does not hold, or that is not the one which the lock records.

use super::composed::compose_again;
use super::files::{FilesCheck, carried_files};
use super::report::VerifiedItem;
use crate::archive::{Archive, Entry, Role};
use crate::digest::Digest;
use crate::lock::{AttestationSeen, LockedCompose, LockedItem, SignatureSeen};
use crate::ops::bundle::Documents;
use crate::ops::error::{EntryError, OpsError};
use crate::ops::judge::judge_carried;
use crate::reference::ImageRef;
use crate::resolve::subset_of;
use crate::spec::{Compose, Item, ItemKind};
use crate::trust::TrustedRoot;

impl Documents {
    /// Checks every image, artifact and file.
    pub(super) fn check(&self, archive: &Archive, root: &TrustedRoot) -> Result<Vec<VerifiedItem>, OpsError> {
        FilesCheck { documents: self, carried: carried_files(&self.payload, archive)? }.check()?;
        self.check_nothing_else(archive)?;
        let (mut verified, mut errors) = (Vec::new(), Vec::new());
        for item in self.spec.items() {
            match self.item(archive, item, root) {
                Ok(item) => verified.push(item),
                Err(error) => errors.push(error),
            }
        }
        // From parts that are not what they must be, nothing is made.
        if errors.is_empty() {
            errors.extend(self.spec.compose().filter_map(|wanted| self.composed(archive, wanted).err()));
        }
        if errors.is_empty() { Ok(verified) } else { Err(OpsError::Entries(errors)) }
    }

    fn item(&self, archive: &Archive, item: &Item, root: &TrustedRoot) -> Result<VerifiedItem, EntryError> {
        let locked = self.lock.item(&item.reference);
        let locked = locked.ok_or_else(|| other(item, "entry in the lock", "one", "none"))?;
        self.check_content(archive, item, locked)?;
        let judged = judge_carried(archive, item, locked.digest, root)?;
        let (signatures, attestations) = (judged.signatures(), judged.attestations());
        if signatures != locked.signatures || attestations != locked.attestations {
            return Err(EntryError::NotAsRecorded {
                reference: item.reference.to_string(),
                expected: recorded(&locked.signatures, &locked.attestations),
                found: recorded(&signatures, &attestations),
            });
        }
        let reference = item.reference.to_string();
        Ok(VerifiedItem { reference, digest: locked.digest, signatures, attestations })
    }

    /// Checks that the lock's digest is what the bundle carries, or what the carried subset was made from.
    fn check_content(&self, archive: &Archive, item: &Item, locked: &LockedItem) -> Result<(), EntryError> {
        if let Some(pinned) = item.reference.digest().filter(|pinned| *pinned != locked.digest) {
            return Err(other(item, "digest", &pinned.to_string(), &locked.digest.to_string()));
        }
        let carried = locked.subset.unwrap_or(locked.digest);
        let found = carried_as(archive, role(item), &item.reference);
        if found != carried.to_string() {
            return Err(other(item, "carried digest", &carried.to_string(), &found));
        }
        if let Some(subset) = locked.subset {
            self.check_subset(archive, item, locked.digest, subset)?;
        }
        Ok(())
    }

    /// Checks that a subset index has the original's descriptors of the platforms that the bundle carries.
    fn check_subset(
        &self,
        archive: &Archive,
        item: &Item,
        original: Digest,
        subset: Digest,
    ) -> Result<(), EntryError> {
        let top = archive.manifest(&original);
        let top = top.ok_or_else(|| other(item, "original index", &original.to_string(), "none"))?;
        let made = subset_of(item, top, &self.lock.targets)?;
        let found = made.map_or("none".to_owned(), |made| made.descriptor.digest.to_string());
        if found == subset.to_string() {
            Ok(())
        } else {
            Err(other(item, "subset of the signed index", &found, &subset.to_string()))
        }
    }

    /// Makes an image again, and compares it with what the lock records and the bundle carries.
    fn composed(&self, archive: &Archive, wanted: &Compose) -> Result<(), EntryError> {
        let reference = &wanted.image;
        let refused = |source| EntryError::Compose { reference: reference.to_string(), source };
        let made = compose_again(archive, &self.spec, &self.lock, wanted).map_err(refused)?.locked;
        let locked = self.lock.composed(reference).map_or("none".to_owned(), ToString::to_string);
        if self.lock.composed(reference) != Some(&made) {
            return Err(differs(reference, "composed image", &made.to_string(), &locked));
        }
        let found = carried_as(archive, Role::Image, reference);
        if found != made.digest.to_string() {
            return Err(differs(reference, "carried digest", &made.digest.to_string(), &found));
        }
        Ok(())
    }

    /// Checks that every image and artifact of the bundle is in the spec.
    fn check_nothing_else(&self, archive: &Archive) -> Result<(), OpsError> {
        let unknown = archive.entries().iter().filter(|entry| match entry.role {
            Role::Image | Role::Artifact => !self.names(entry),
            Role::Original => !self.lock.items.iter().any(|item| item.digest == entry.descriptor.digest),
            Role::Signature | Role::Referrer => false,
        });
        if let Some(name) = unknown.map(Entry::name).next() {
            return Err(EntryError::contradiction(format!("`{name}`"), "the spec does not name it").into());
        }
        let composed =
            |image: &&LockedCompose| !self.spec.compose().any(|wanted| wanted.image == image.reference);
        match self.lock.composed.iter().find(composed) {
            None => Ok(()),
            Some(image) => Err(EntryError::contradiction(
                format!("the lock of `{}`", image.reference),
                "the spec does not name it",
            )
            .into()),
        }
    }

    fn names(&self, entry: &Entry) -> bool {
        let composed = |wanted: &Compose| is_entry_of(entry, Role::Image, &wanted.image);
        let is_it = |item: &Item| is_entry_of(entry, role(item), &item.reference);
        self.spec.items().any(is_it) || self.spec.compose().any(composed)
    }
}

fn recorded(signatures: &[SignatureSeen], attestations: &[AttestationSeen]) -> String {
    let signed = signatures.iter().map(SignatureSeen::to_string);
    let attested = attestations.iter().map(|seen| format!("{} in a {}", seen.predicate_type, seen.signature));
    signed.chain(attested).collect::<Vec<_>>().join(" and ")
}

fn role(item: &Item) -> Role {
    if item.kind == ItemKind::Image { Role::Image } else { Role::Artifact }
}

fn is_entry_of(entry: &Entry, role: Role, reference: &ImageRef) -> bool {
    entry.role == role && entry.repository == reference.name() && entry.tag.as_deref() == reference.tag()
}

/// Returns the digest of what the bundle carries under a name; of all, if there are several.
fn carried_as(archive: &Archive, role: Role, reference: &ImageRef) -> String {
    let found = archive.entries().iter().filter(|entry| is_entry_of(entry, role, reference));
    let found: Vec<_> = found.map(|entry| entry.descriptor.digest.to_string()).collect();
    if found.is_empty() { "none".to_owned() } else { found.join(" and ") }
}

fn other(item: &Item, what: &'static str, expected: &str, found: &str) -> EntryError {
    differs(&item.reference, what, expected, found)
}

fn differs(reference: &ImageRef, what: &'static str, expected: &str, found: &str) -> EntryError {
    EntryError::NotAsLocked {
        reference: reference.to_string(),
        what,
        expected: expected.to_owned(),
        found: found.to_owned(),
    }
}
