//! Finds the databases among a bundle's artifacts, and when each was made.

use crate::archive::{Archive, Role};
use crate::oci::Document;
use crate::render::Database;

/// The beginnings of the media types of the layers that are databases.
// See: `pkg/db` and `pkg/javadb` of Trivy
const LAYERS: [&str; 2] =
    ["application/vnd.aquasec.trivy.db.layer.", "application/vnd.aquasec.trivy.javadb.layer."];
// See: https://github.com/opencontainers/image-spec/blob/main/annotations.md
const CREATED: &str = "org.opencontainers.image.created";

/// Returns the databases of a bundle, in the order of its entries.
pub(super) fn databases(archive: &Archive) -> Vec<Database> {
    let artifacts = archive.entries().iter().filter(|entry| entry.role == Role::Artifact);
    let databases = artifacts.filter_map(|entry| {
        let document = &archive.manifest(&entry.descriptor.digest)?.document;
        let created = document.annotations.get(CREATED).cloned().unwrap_or_default();
        is_database(document).then(|| Database { reference: entry.name(), created })
    });
    databases.collect()
}

fn is_database(document: &Document) -> bool {
    let is_one = |media_type: &str| LAYERS.iter().any(|start| media_type.starts_with(start));
    document.layers.iter().any(|layer| is_one(&layer.media_type))
}
