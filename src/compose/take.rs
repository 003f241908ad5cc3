//! Takes one file out of an artifact's layer.
//!
//! The layer is what upstream published, and nothing in it is trusted to be sane: nothing is unpacked, only the name that was asked
//! for is looked at, and it has to be a plain file that is there once.

use std::io::{self, Read as _};

use super::error::ComposeError;
use crate::oci::Descriptor;
use crate::reference::ImageRef;

/// The largest file that is taken, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;
/// How much a layer may hold, in bytes, once it is decompressed.
const MAX_CONTENT_BYTES: u64 = 128 * 1024 * 1024;
/// How many entries a layer may have.
const MAX_ENTRIES: usize = 10_000;
/// How many names an error lists if the wanted one is missing.
const MAX_TOLD: usize = 20;
const PIECE_BYTES: usize = 64 * 1024;

/// A file that goes from an artifact into an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its absolute path in the image; the last part is its name in the artifact.
    pub path: String,
    /// The artifact.
    pub artifact: ImageRef,
    /// The artifact's layer that holds it.
    pub layer: Descriptor,
}

/// Takes a file: its size and no piece first, then its pieces in order.
type Take<'a> = &'a mut dyn FnMut(u64, Option<&[u8]>) -> io::Result<()>;

/// Hands out a file of a layer, and returns its size in bytes.
pub(super) fn extract(file: &Taken, layer: &[u8], take: Take<'_>) -> Result<u64, ComposeError> {
    Search { file, found: None, names: Vec::new() }.run(layer, take)
}

struct Search<'a> {
    file: &'a Taken,
    found: Option<u64>,
    names: Vec<String>,
}

impl Search<'_> {
    fn run(mut self, layer: &[u8], take: Take<'_>) -> Result<u64, ComposeError> {
        // One byte more than is allowed, so that what is larger is seen to be.
        let content = flate2::read::MultiGzDecoder::new(layer).take(MAX_CONTENT_BYTES + 1);
        let mut archive = tar::Archive::new(Counted { inner: content, count: 0 });
        let entries = archive.entries().map_err(|error| self.malformed(&error))?;
        for (at, entry) in entries.enumerate() {
            let entry = entry.map_err(|error| self.malformed(&error))?;
            if at >= MAX_ENTRIES {
                return Err(self.part(format!("its layer has more than {MAX_ENTRIES} entries")));
            }
            self.entry(entry, take)?;
        }
        self.found.ok_or_else(|| self.refuse(format!("it is not there{}", self.told())))
    }

    fn entry(&mut self, entry: tar::Entry<'_, impl io::Read>, take: Take<'_>) -> Result<(), ComposeError> {
        let path = entry.path_bytes().into_owned();
        let name = path.strip_prefix(b"./").unwrap_or(&path);
        if name != self.name().as_bytes() {
            if self.names.len() < MAX_TOLD && !name.is_empty() {
                self.names.push(String::from_utf8_lossy(name).escape_debug().take(100).collect());
            }
            return Ok(());
        }
        let (kind, size) = (entry.header().entry_type(), entry.size());
        if !kind.is_file() {
            return Err(self.refuse(format!("expected a file, found {}", named(kind))));
        }
        if self.found.is_some() {
            return Err(self.refuse("it is there twice".to_owned()));
        }
        if size > MAX_FILE_BYTES {
            return Err(self.refuse(format!("it has {size} bytes, expected at most {MAX_FILE_BYTES}")));
        }
        self.found = Some(size);
        self.hand_out(entry, size, take)
    }

    fn hand_out(&self, mut entry: impl io::Read, size: u64, take: Take<'_>) -> Result<(), ComposeError> {
        let untaken = |source| ComposeError::io(&self.file.artifact, source);
        take(size, None).map_err(untaken)?;
        let (mut piece, mut left) = (vec![0; PIECE_BYTES], size);
        while left > 0 {
            let count = entry.read(&mut piece).map_err(|error| self.malformed(&error))?;
            if count == 0 {
                return Err(self.part(format!("its layer ends {left} bytes before `{}` does", self.name())));
            }
            take(size, Some(&piece[..count])).map_err(untaken)?;
            left = left.saturating_sub(count as u64);
        }
        Ok(())
    }

    fn name(&self) -> &str {
        self.file.path.rsplit('/').next().unwrap_or_default()
    }

    fn told(&self) -> String {
        match self.names.as_slice() {
            [] => ": the layer is empty".to_owned(),
            names => format!(", only `{}`", names.join("`, `")),
        }
    }

    fn refuse(&self, reason: String) -> ComposeError {
        let (file, artifact) = (self.name().to_owned(), self.file.artifact.to_string());
        ComposeError::File { file, artifact, reason }
    }

    fn part(&self, reason: String) -> ComposeError {
        ComposeError::part(&self.file.artifact, reason)
    }

    fn malformed(&self, error: &io::Error) -> ComposeError {
        self.part(format!("its layer is no tar in gzip, or too large: {error}"))
    }
}

fn named(kind: tar::EntryType) -> &'static str {
    if kind.is_dir() {
        "a folder"
    } else if kind.is_symlink() || kind.is_hard_link() {
        "a link"
    } else {
        "something else"
    }
}

/// Refuses to read on after so many bytes.
struct Counted<R> {
    inner: R,
    count: u64,
}

impl<R: io::Read> io::Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.count += count as u64;
        if self.count > MAX_CONTENT_BYTES {
            return Err(io::Error::other(format!("more than {MAX_CONTENT_BYTES} bytes")));
        }
        Ok(count)
    }
}
