//! Follows the index to everything that it names, and compares that with what the file holds.

use std::collections::{HashMap, HashSet};

use crate::archive::contents::Role;
use crate::archive::error::ArchiveError;
use crate::archive::parts::Parts;
use crate::archive::tables::Tables;
use crate::digest::Digest;
use crate::oci::{self, Descriptor, MAX_MANIFEST_BYTES, Manifest};

/// How many manifests a bundle may hold; a bound on memory.
const MAX_MANIFESTS: usize = 10_000;

/// Reads every manifest that the index leads to. What is named must be there, and nothing else may be.
pub(super) fn walk(raw: &Parts, tables: &Tables) -> Result<HashMap<Digest, Manifest>, ArchiveError> {
    let mut walk = Walk { raw, tables, manifests: HashMap::new(), named: HashSet::new() };
    for entry in &tables.entries {
        walk.manifest(&entry.descriptor, &entry.name(), entry.role == Role::Original)?;
    }
    let own: HashSet<_> = tables.layout.own().map(|member| member.name.clone()).collect();
    for file in &tables.files {
        walk.here(&file.descriptor, &file.path)?;
    }
    for (digest, member) in tables.layout.blobs() {
        if !walk.named.contains(digest) && !own.contains(&member.name) {
            return Err(ArchiveError::Unnamed { digest: *digest });
        }
    }
    Ok(walk.manifests)
}

struct Walk<'a> {
    raw: &'a Parts,
    tables: &'a Tables,
    manifests: HashMap<Digest, Manifest>,
    named: HashSet<Digest>,
}

impl Walk<'_> {
    fn manifest(
        &mut self,
        descriptor: &Descriptor,
        named_by: &str,
        sparse: bool,
    ) -> Result<(), ArchiveError> {
        self.here(descriptor, named_by)?;
        if self.manifests.contains_key(&descriptor.digest) {
            return Ok(());
        }
        let manifest = self.read(descriptor)?;
        let (children, blobs) = (manifest.document.manifests.clone(), manifest.document.clone());
        self.manifests.insert(descriptor.digest, manifest);
        for blob in blobs.blobs() {
            self.here(blob, named_by)?;
        }
        for child in children.unwrap_or_default() {
            // Two levels are all that is ever packed; a deeper bundle could exhaust the stack.
            if child.is_index() {
                let reason = "an index within an index is not carried";
                return Err(ArchiveError::malformed(&format!("manifest `{}`", child.digest), reason));
            }
            let absent = self.tables.layout.blob(&child.digest).is_none();
            if !(sparse && absent) {
                self.manifest(&child, named_by, false)?;
            }
        }
        Ok(())
    }

    fn read(&self, descriptor: &Descriptor) -> Result<Manifest, ArchiveError> {
        let what = format!("manifest `{}`", descriptor.digest);
        if self.manifests.len() >= MAX_MANIFESTS {
            return Err(ArchiveError::malformed(
                "the bundle",
                format!("it holds more than {MAX_MANIFESTS} manifests"),
            ));
        }
        if !oci::is_index(&descriptor.media_type) && !oci::is_manifest(&descriptor.media_type) {
            return Err(ArchiveError::malformed(
                &what,
                format!("unknown media type `{}`", descriptor.media_type),
            ));
        }
        let bytes = self.tables.blob(self.raw, &descriptor.digest, MAX_MANIFEST_BYTES)?;
        let manifest = Manifest::parse(bytes, Some(&descriptor.media_type))
            .map_err(|reason| ArchiveError::malformed(&what, reason))?;
        if manifest.descriptor.media_type != descriptor.media_type {
            let reason = format!(
                "media type `{}`, expected `{}`",
                manifest.descriptor.media_type, descriptor.media_type
            );
            return Err(ArchiveError::malformed(&what, reason));
        }
        Ok(manifest)
    }

    fn here(&mut self, descriptor: &Descriptor, named_by: &str) -> Result<(), ArchiveError> {
        let missing =
            || ArchiveError::Missing { digest: descriptor.digest, named_by: format!("`{named_by}`") };
        let member = self.tables.layout.blob(&descriptor.digest).ok_or_else(missing)?;
        if member.size != descriptor.size {
            let reason =
                format!("`{named_by}` says {} bytes, the table of contents {}", descriptor.size, member.size);
            return Err(ArchiveError::malformed(&format!("blob `{}`", descriptor.digest), reason));
        }
        self.named.insert(descriptor.digest);
        Ok(())
    }
}
