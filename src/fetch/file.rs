//! Files: from their own addresses, from a mirror of these, or from a folder.

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use crate::digest::{Digest, Hasher};
use crate::registry::{Client, RegistryError};
use crate::spec::FileMirror;

/// How much of a file is in memory at once, in bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// A file, and where it really is.
#[derive(Clone)]
pub struct FileSource {
    /// What errors call it.
    what: String,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Address { client: Client, url: String },
    Path(PathBuf),
}

impl FileSource {
    /// Finds the place of a file that upstream has at an address. A folder has it under the hexadecimal digits of its digest.
    ///
    /// # Errors
    /// When it should come from a folder, and its digest is unknown.
    pub fn new(
        client: &Client,
        mirror: Option<&FileMirror>,
        url: &str,
        pin: Option<Digest>,
    ) -> Result<Self, RegistryError> {
        let what = format!("file `{url}`");
        let place = match mirror {
            None => Place::Address { client: client.clone(), url: url.to_owned() },
            Some(FileMirror::Url(base)) => {
                let path = url.split_once("://").map_or(url, |(_, path)| path);
                Place::Address {
                    client: client.clone(),
                    url: format!("{}/{path}", base.trim_end_matches('/')),
                }
            }
            Some(FileMirror::Folder(folder)) => match pin {
                Some(pin) => Place::Path(Path::new(folder).join(pin.hex())),
                None => {
                    let reason = format!("it has no sha256, so it cannot be found in the folder `{folder}`");
                    return Err(RegistryError::Malformed { what, reason });
                }
            },
        };
        Ok(Self { what, place })
    }

    /// Reads it into memory, at most `limit` bytes.
    ///
    /// # Errors
    /// When it cannot be had, or is too large.
    pub async fn read(&self, limit: u64) -> Result<Bytes, RegistryError> {
        match &self.place {
            Place::Address { client, url } => client.file(url, limit).await,
            Place::Path(path) => {
                let mut bytes = Vec::new();
                let keep = |_, piece: &[u8]| {
                    bytes.extend_from_slice(piece);
                    Ok(())
                };
                self.pieces(path, limit, keep).await?;
                Ok(bytes.into())
            }
        }
    }

    /// Reads it once, at most `limit` bytes, and keeps nothing; returns its digest, and its size in bytes.
    ///
    /// # Errors
    /// When it cannot be had, or is too large.
    pub async fn measure(&self, limit: u64) -> Result<(Digest, u64), RegistryError> {
        match &self.place {
            Place::Address { client, url } => client.measure_file(url, limit).await,
            Place::Path(path) => self.pieces(path, limit, |_, _| Ok(())).await,
        }
    }

    /// Hands it out piece by piece with the offset of each, and compares size and digest at the end. Where a transfer has to
    /// begin again, pieces come a second time.
    ///
    /// # Errors
    /// When it cannot be had, is not taken, or does not have the promised size and digest.
    pub async fn stream(
        &self,
        digest: &Digest,
        size: u64,
        take: impl FnMut(u64, &[u8]) -> io::Result<()>,
    ) -> Result<(), RegistryError> {
        let path = match &self.place {
            Place::Address { client, url } => return client.stream_file(url, digest, size, take).await,
            Place::Path(path) => path,
        };
        let (found, length) = self.pieces(path, size, take).await?;
        if length != size {
            return Err(RegistryError::Size { what: self.what.clone(), expected: size, found: length });
        }
        self.expect(digest, found)
    }

    /// Compares the digest of what came with the one that is pinned.
    ///
    /// # Errors
    /// When they differ.
    pub fn expect(&self, expected: &Digest, found: Digest) -> Result<(), RegistryError> {
        if *expected == found {
            return Ok(());
        }
        Err(RegistryError::Digest {
            what: self.what.clone(),
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }

    async fn pieces(
        &self,
        path: &Path,
        limit: u64,
        mut take: impl FnMut(u64, &[u8]) -> io::Result<()>,
    ) -> Result<(Digest, u64), RegistryError> {
        let local =
            |source| RegistryError::Local { what: format!("{} (`{}`)", self.what, path.display()), source };
        let mut file = File::open(path).await.map_err(local)?;
        let (mut piece, mut hasher, mut offset) = (vec![0; PIECE_BYTES], Hasher::default(), 0);
        loop {
            let length = file.read(&mut piece).await.map_err(local)?;
            let end = offset + length as u64;
            if length == 0 {
                return Ok((hasher.finish(), offset));
            }
            if end > limit {
                return Err(RegistryError::TooLarge { what: self.what.clone(), limit });
            }
            hasher.update(&piece[..length]);
            take(offset, &piece[..length]).map_err(local)?;
            offset = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Registries;

    const URL: &str = "https://example.com/a/program";

    /// Puts content into a folder under the digest of other content, and returns the source of that.
    fn source(folder: &Path, pinned: &[u8], content: &[u8]) -> FileSource {
        let pin = Digest::of(pinned);
        std::fs::write(folder.join(pin.hex()), content).unwrap();
        let mirror = FileMirror::Folder(folder.display().to_string());
        FileSource::new(&client(), Some(&mirror), URL, Some(pin)).unwrap()
    }

    fn client() -> Client {
        Client::new(Registries::default()).unwrap()
    }

    #[tokio::test]
    async fn a_file_of_a_folder_comes_in_pieces_and_is_measured() {
        let folder = tempfile::TempDir::new().unwrap();
        let content: Vec<u8> = (0..PIECE_BYTES + 3).map(|place| (place % 251) as u8).collect();
        let (source, size) = (source(folder.path(), &content, &content), content.len() as u64);
        let digest = Digest::of(&content);
        assert_eq!(source.measure(size).await.unwrap(), (digest, size));
        let mut came = Vec::new();
        let take = |offset, piece: &[u8]| {
            assert_eq!(offset, came.len() as u64);
            came.extend_from_slice(piece);
            Ok(())
        };
        source.stream(&digest, size, take).await.unwrap();
        assert!(came == content);
        assert!(source.read(size).await.unwrap() == content);
    }

    #[tokio::test]
    async fn a_file_of_a_folder_that_is_another_or_too_large_is_refused() {
        let folder = tempfile::TempDir::new().unwrap();
        let (source, digest) = (source(folder.path(), b"one", b"two"), Digest::of(b"one"));
        let of = |text: String| format!("file `{URL}`: {text}");
        let stream = async |size| source.stream(&digest, size, |_, _| Ok(())).await.unwrap_err().to_string();
        let expected = of(format!("expected digest `{digest}`, found `{}`", Digest::of(b"two")));
        assert_eq!(stream(3).await, expected);
        assert_eq!(stream(4).await, of("expected 4 bytes, found 3".to_owned()));
        let too_large = of("larger than the limit of 2 bytes".to_owned());
        assert_eq!(stream(2).await, too_large);
        assert_eq!(source.measure(2).await.unwrap_err().to_string(), too_large);
        assert_eq!(source.read(2).await.unwrap_err().to_string(), too_large);
    }

    #[test]
    fn a_folder_has_no_file_with_an_unknown_digest() {
        let mirror = FileMirror::Folder("here".to_owned());
        let error = FileSource::new(&client(), Some(&mirror), URL, None).err().unwrap();
        let expected = format!("file `{URL}`: it has no sha256, so it cannot be found in the folder `here`");
        assert_eq!(error.to_string(), expected);
    }
}
