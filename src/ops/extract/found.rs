//! What a name leads to in a bundle, and as what it is written.

use crate::archive::{Archive, Entry, Role};
use crate::digest::Digest;
use crate::oci::Descriptor;
use crate::ops::bundle::FILES;
use crate::ops::error::OpsError;
use crate::reference::ImageRef;

/// The longest name of a file that is made, in bytes: ends, and the name of the unfinished file, have to fit, too.
const MAX_NAME: usize = 200;
// See: OCI image-spec annotations.md
const TITLE: &str = "org.opencontainers.image.title";

/// Something to be written.
pub(super) struct Found<'a> {
    /// What was asked for.
    pub name: String,
    /// The name of the file; one that is plain.
    pub file: String,
    pub what: What<'a>,
    pub title: Option<String>,
}

pub(super) enum What<'a> {
    File(Vec<u8>),
    Image(&'a Entry),
    Blob(Digest),
}

/// Returns what a name leads to: a file, an image, or each part of an artifact.
pub(super) fn find<'a>(archive: &'a Archive, name: &str) -> Result<Vec<Found<'a>>, OpsError> {
    for path in [name.to_owned(), format!("{FILES}{name}")] {
        if let Some(what) = own_file(archive, &path)? {
            let file = plain(name.rsplit('/').next().unwrap_or(name), name)?;
            return Ok(vec![Found { name: name.to_owned(), file, what, title: None }]);
        }
    }
    let entry = name.parse().ok().and_then(|reference| entry(archive, &reference));
    let entry = entry.ok_or_else(|| OpsError::Usage {
        message: format!("`{name}` is not in the bundle"),
        hint: "`bundle inspect FILE` lists what is".to_owned(),
    })?;
    let base = plain(&name.replace(['/', ':', '@'], "_"), name)?;
    match entry.role {
        Role::Image => {
            let (file, what) = (format!("{base}.oci.tar"), What::Image(entry));
            Ok(vec![Found { name: name.to_owned(), file, what, title: None }])
        }
        Role::Original => Err(OpsError::Usage {
            message: format!("`{name}` is an index, and the bundle carries only some of its platforms"),
            hint: format!(
                "extract the image that was made from it; `bundle inspect FILE` lists those of `{}`",
                entry.repository
            ),
        }),
        Role::Artifact | Role::Signature | Role::Referrer => Ok(parts(archive, entry, name, &base)),
    }
}

/// Returns a file of the bundle's own: its content, or the blob that a large one is.
fn own_file<'a>(archive: &Archive, path: &str) -> Result<Option<What<'a>>, OpsError> {
    if let Some(file) = archive.large_files().find(|file| file.path == path) {
        return Ok(Some(What::Blob(file.descriptor.digest)));
    }
    Ok(archive.file(path)?.map(What::File))
}

fn entry<'a>(archive: &'a Archive, reference: &ImageRef) -> Option<&'a Entry> {
    let mut entries = archive.entries().iter().filter(|entry| entry.repository == reference.name());
    entries.find(|entry| match reference.digest() {
        Some(digest) => entry.descriptor.digest == digest,
        None => entry.tag.as_deref() == reference.tag(),
    })
}

fn parts(archive: &Archive, entry: &Entry, name: &str, base: &str) -> Vec<Found<'static>> {
    let manifest = archive.manifest(&entry.descriptor.digest);
    let layers = manifest.map(|manifest| &manifest.document.layers[..]).unwrap_or_default();
    let part = |(place, layer): (usize, &Descriptor)| {
        let number = if layers.len() == 1 { String::new() } else { format!(".{}", place + 1) };
        let (file, title) =
            (format!("{base}{number}.{}", end(&layer.media_type)), layer.annotations.get(TITLE));
        Found { name: name.to_owned(), file, what: What::Blob(layer.digest), title: title.cloned() }
    };
    layers.iter().enumerate().map(part).collect()
}

/// Returns how the name of a file ends: one of ours, whatever the media type is.
fn end(media_type: &str) -> &'static str {
    let ends = [
        ("tar+gzip", "tar.gz"),
        ("tar.gzip", "tar.gz"),
        ("tar+zstd", "tar.zst"),
        (".tar", "tar"),
        ("json", "json"),
    ];
    ends.iter().find(|(end, _)| media_type.ends_with(end)).map_or("bin", |(_, name)| name)
}

/// Refuses the name of a file that could lead elsewhere, hide, or be taken for an option.
fn plain(file: &str, name: &str) -> Result<String, OpsError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte);
    let is_plain = file.starts_with(|first: char| first.is_ascii_alphanumeric()) && file.bytes().all(fits);
    if is_plain && file.len() <= MAX_NAME {
        return Ok(file.to_owned());
    }
    let message = format!("`{}` is not a plain file name, so it cannot be extracted", name.escape_debug());
    let hint = "read its blobs out of the bundle by digest, with `tar -xOf`".to_owned();
    Err(OpsError::Usage { message, hint })
}
