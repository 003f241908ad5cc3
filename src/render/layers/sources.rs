//! The bundle's own text files, as they were signed.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::lock::Lock;
use crate::render::error::RenderError;
use crate::render::yaml::MAX_BYTES;
use crate::report::printable;

/// The bundle's own text files: path → bytes. Paths are `layers/10-gatekeeper/layer.yaml`, `platforms/k3s/values.yaml`,
/// `files/gatekeeper.yaml`, and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    texts: BTreeMap<String, Vec<u8>>,
    /// Upstream's files by their names in the spec: those that are not texts are among them.
    files: BTreeMap<String, Digest>,
}

impl Sources {
    /// Takes the files. Nothing is read from anywhere else.
    #[must_use]
    pub fn new(texts: BTreeMap<String, Vec<u8>>) -> Self {
        let named = texts.iter().filter_map(|(path, bytes)| Some((path.strip_prefix("files/")?, bytes)));
        let files = named.map(|(name, bytes)| (name.to_owned(), Digest::of(bytes))).collect();
        Self { texts, files }
    }

    /// Adds what the lock knows of upstream's files: programs and archives are too large to be read here.
    #[must_use]
    pub fn locked(mut self, lock: &Lock) -> Self {
        self.files.extend(lock.files.iter().map(|file| (file.name.clone(), file.sha256)));
        self
    }

    /// Returns the digests of upstream's files, by their names in the spec.
    pub(in crate::render) fn digests(&self) -> &BTreeMap<String, Digest> {
        &self.files
    }

    /// Returns the text of a file that another one names.
    ///
    /// # Errors
    ///
    /// When it is not there, too big, or not UTF-8.
    pub(in crate::render) fn text(&self, path: &str, wanted_by: &str) -> Result<&str, RenderError> {
        let fault = |reason: String| RenderError::Text { file: path.to_owned(), reason };
        let missing = || match path.strip_prefix("files/").and_then(|name| self.files.get(name)) {
            Some(_) => fault("it is `large`, so it is not read".to_owned()),
            None => RenderError::MissingFile { path: path.to_owned(), wanted_by: wanted_by.to_owned() },
        };
        let bytes = self.texts.get(path).ok_or_else(missing)?;
        if bytes.len() > MAX_BYTES {
            return Err(fault(format!("{} bytes, expected at most {MAX_BYTES}", bytes.len())));
        }
        std::str::from_utf8(bytes).map_err(|error| fault(error.to_string()))
    }

    /// Returns the names of the layers, sorted: the order in which they are applied.
    pub(in crate::render) fn layers(&self) -> Vec<Result<&str, RenderError>> {
        let folders = self.texts.keys().filter_map(|path| path.strip_prefix("layers/")?.split_once('/'));
        let names: BTreeSet<&str> = folders.map(|(folder, _)| folder).collect();
        let check = |name: &'_ str| is_layer_name(name) && self.texts.contains_key(&layer_file(name));
        let refuse = |name: &str| RenderError::LayerName { found: printable(name, 80) };
        names.into_iter().map(|name| if check(name) { Ok(name) } else { Err(refuse(name)) }).collect()
    }

    /// Returns the paths below a folder (which ends with `/`), sorted.
    pub(in crate::render) fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.texts.keys().map(String::as_str).filter(move |path| path.starts_with(folder))
    }
}

/// Returns the path of a layer's description.
pub(in crate::render) fn layer_file(layer: &str) -> String {
    format!("layers/{layer}/layer.yaml")
}

/// Tells whether a name is that of a layer: `NN-name`.
#[must_use]
pub fn is_layer_name(name: &str) -> bool {
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match name.as_bytes() {
        [tens, ones, b'-', rest @ ..] => {
            tens.is_ascii_digit()
                && ones.is_ascii_digit()
                && !rest.is_empty()
                && rest.iter().all(|&byte| lower(byte))
        }
        _ => false,
    }
}

/// Tells whether a name can be one of our files: it ends up in comments and paths.
pub(in crate::render) fn is_file_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(allowed)
        && name.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::LockedFile;

    fn sources(paths: &[&str]) -> Sources {
        Sources::new(paths.iter().map(|path| ((*path).to_owned(), b"\xff".to_vec())).collect())
    }

    #[test]
    fn layers_are_sorted_and_their_names_checked() {
        let sources = sources(&[
            "layers/20-b/layer.yaml",
            "layers/00-a/layer.yaml",
            "layers/00-a/x.yaml",
            "layers/b/layer.yaml",
            "layers/30-c/x.yaml",
            "files/x",
        ]);
        let refused = |found: &str| Err(RenderError::LayerName { found: found.to_owned() });
        assert_eq!(sources.layers(), [Ok("00-a"), Ok("20-b"), refused("30-c"), refused("b")]);
    }

    #[test]
    fn what_is_not_there_or_not_text_is_refused() {
        let sources = sources(&["files/x"]);
        let text = |path: &str| sources.text(path, "layers/00-a/layer.yaml").unwrap_err().to_string();
        assert_eq!(text("files/x"), "`files/x` is not text: invalid utf-8 sequence of 1 bytes from index 0");
        assert_eq!(
            text("files/y"),
            "`layers/00-a/layer.yaml` names `files/y`, which the bundle does not carry"
        );
    }

    #[test]
    fn a_large_file_is_known_by_its_digest_and_not_read() {
        let file = LockedFile {
            name: "k3s".to_owned(),
            url: "https://example.com/k3s".to_owned(),
            sha256: Digest::of(b"k3s"),
            size: 3,
            checksums: None,
        };
        let sources = Sources::default().locked(&Lock::new(Vec::new(), Vec::new(), vec![file]));
        assert_eq!(sources.digests()["k3s"], Digest::of(b"k3s"));
        let error = sources.text("files/k3s", "layers/00-a/layer.yaml").unwrap_err();
        assert_eq!(error.to_string(), "`files/k3s` is not text: it is `large`, so it is not read");
    }

    #[test]
    fn file_names_cannot_leave_a_comment_or_a_folder() {
        for (name, fine) in [
            ("gatekeeper.yaml", true),
            ("a/b_c-1.yaml", true),
            ("", false),
            ("../x", false),
            ("/x", false),
            ("a//b", false),
            ("a\nb", false),
        ] {
            assert_eq!(is_file_name(name), fine, "{name:?}");
        }
    }
}
