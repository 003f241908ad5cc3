//! Finds the databases among a bundle's artifacts, and when each was made.

use crate::oci::Document;
use crate::rendered::Database;

/// The beginnings of the media types of the layers that are databases.
// See: `pkg/db` and `pkg/javadb` of Trivy
const LAYERS: [&str; 2] =
    ["application/vnd.aquasec.trivy.db.layer.", "application/vnd.aquasec.trivy.javadb.layer."];
// See: https://github.com/opencontainers/image-spec/blob/main/annotations.md
const CREATED: &str = "org.opencontainers.image.created";

/// Returns the databases among artifacts, each given as its reference and manifest.
pub(super) fn databases<'a>(artifacts: impl Iterator<Item = (String, &'a Document)>) -> Vec<Database> {
    let databases = artifacts.filter(|(_, document)| is_database(document)).map(|(reference, document)| {
        let created = document.annotations.get(CREATED).cloned().unwrap_or_default();
        Database { reference, created }
    });
    databases.collect()
}

fn is_database(document: &Document) -> bool {
    let is_one = |media_type: &str| LAYERS.iter().any(|start| media_type.starts_with(start));
    document.layers.iter().any(|layer| is_one(&layer.media_type))
}
