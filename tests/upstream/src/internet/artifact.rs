//! Makes an artifact as upstream publishes it: a plugin, rules, a database, checks.

use std::io;

use serde_json::{Value, json};

use airgap_bundle::oci::{self, Platform};
use airgap_bundle::reference::ImageRef;

use super::layer::{Blob, Entry, Layer};
use super::publication::{Document, Publication, descriptor, empty, index};
use super::table::{ArtifactRow, fill, platform};

const TITLE: &str = "org.opencontainers.image.title";

/// Makes an artifact.
///
/// # Errors
/// When a temporary file cannot be written.
pub fn publication(reference: &ImageRef, row: &ArtifactRow) -> io::Result<Publication> {
    let tag = reference.tag().unwrap_or_default();
    let tags = if row.series { series(tag) } else { vec![tag.to_owned()] };
    if row.platforms.is_empty() {
        let (blobs, top) = manifest(row, tag, None)?;
        return Ok(Publication { blobs, children: Vec::new(), top, tags });
    }
    let (mut blobs, mut children, mut listed) = (Vec::new(), Vec::new(), Vec::new());
    for platform in row.platforms.iter().map(|name| platform(name)) {
        let (made, document) = manifest(row, tag, Some(&platform))?;
        blobs.extend(made);
        listed.push(document.on(&platform));
        children.push(document);
    }
    let top = index(oci::INDEX, listed, json!(row.index_annotations));
    Ok(Publication { blobs, children, top, tags })
}

fn manifest(row: &ArtifactRow, tag: &str, platform: Option<&Platform>) -> io::Result<(Vec<Blob>, Document)> {
    let files: Vec<_> =
        row.files.iter().map(|(path, text)| Entry::text(path, fill(text, tag, platform))).collect();
    let layer = Layer::pack(&files)?.blob;
    let layer_descriptor =
        descriptor(&row.layer.media_type, &layer).annotated(TITLE, fill(&row.layer.title, tag, platform));
    let (config, config_descriptor) = config(row, tag, platform);
    let annotations: serde_json::Map<_, _> =
        row.annotations.iter().map(|(name, text)| (name.clone(), fill(text, tag, platform).into())).collect();
    let fields = json!({
        "artifactType": row.artifact_type,
        "config": config_descriptor,
        "layers": [layer_descriptor],
        "annotations": annotations,
    });
    Ok((vec![config, layer], Document::manifest(oci::MANIFEST, fields)))
}

fn config(row: &ArtifactRow, tag: &str, platform: Option<&Platform>) -> (Blob, Value) {
    match &row.config {
        Some(config) => {
            let blob = Blob::of(fill(&config.content, tag, platform));
            let descriptor = json!(descriptor(&config.media_type, &blob));
            (blob, descriptor)
        }
        None => empty(),
    }
}

/// Returns a version with the shorter tags that move with it: `2.2.0`, `2.2`, `2`, `latest`.
fn series(tag: &str) -> Vec<String> {
    let cuts = tag.match_indices('.').map(|(at, _)| tag[..at].to_owned()).rev();
    [tag.to_owned()].into_iter().chain(cuts).chain(["latest".to_owned()]).collect()
}
