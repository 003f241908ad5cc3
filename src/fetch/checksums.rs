//! Upstream's own lists of checksums: what `sha256sum` writes.

use crate::digest::Digest;

/// The largest list that is read, in bytes.
pub const MAX_CHECKSUMS_BYTES: u64 = 1024 * 1024;
/// How many names an error lists if the wanted one is missing.
const MAX_TOLD: usize = 20;

/// A list of checksums says nothing of a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumsError {
    /// It is no text.
    #[error("not UTF-8")]
    NotText,
    /// It does not name the file.
    #[error("it does not name `{name}`{}", told(found))]
    NotNamed {
        /// The file.
        name: String,
        /// What it names.
        found: Vec<String>,
    },
    /// It names the file more than once, with other checksums.
    #[error("it names `{name}` more than once, with other checksums")]
    Ambiguous {
        /// The file.
        name: String,
    },
}

fn told(found: &[String]) -> String {
    if found.is_empty() {
        ", nor any other file".to_owned()
    } else {
        format!(", only `{}`", found.join("`, `"))
    }
}

/// Returns the checksum that a list has for a name. Lines of another form are passed over.
///
/// # Errors
/// When it has none, or several.
// See: GNU coreutils, "md5sum invocation", the format of `sha256sum`
pub fn checksum_of(list: &[u8], name: &str) -> Result<Digest, ChecksumsError> {
    let text = std::str::from_utf8(list).map_err(|_| ChecksumsError::NotText)?;
    let lines: Vec<_> = text.lines().filter_map(line).collect();
    let mut same = lines.iter().filter(|(_, named)| *named == name).map(|(digest, _)| *digest);
    let Some(first) = same.next() else {
        let found = lines.iter().take(MAX_TOLD).map(|(_, named)| named.escape_debug().take(100).collect());
        return Err(ChecksumsError::NotNamed { name: name.to_owned(), found: found.collect() });
    };
    if same.all(|other| other == first) {
        Ok(first)
    } else {
        Err(ChecksumsError::Ambiguous { name: name.to_owned() })
    }
}

/// Takes a line apart: 64 hexadecimal digits, a space, a space or an asterisk, the name.
fn line(text: &str) -> Option<(Digest, &str)> {
    let (hex, rest) = text.trim_end_matches('\r').split_once(' ')?;
    let name = rest.strip_prefix([' ', '*']).filter(|name| !name.is_empty())?;
    Some((format!("sha256:{}", hex.to_ascii_lowercase()).parse().ok()?, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_file_in_text_or_binary_mode() {
        let (one, two) = (Digest::of(b"1").hex(), Digest::of(b"2").hex());
        let list =
            format!("# made by upstream\n{one}  k3s\r\n{} *k3s.tar.zst\n{one}  k3s\n", two.to_uppercase());
        assert_eq!(checksum_of(list.as_bytes(), "k3s"), Ok(Digest::of(b"1")));
        assert_eq!(checksum_of(list.as_bytes(), "k3s.tar.zst"), Ok(Digest::of(b"2")));
    }

    #[test]
    fn a_list_that_does_not_name_the_file_once_is_refused() {
        let (one, two) = (Digest::of(b"1").hex(), Digest::of(b"2").hex());
        for (list, expected) in [
            (String::new(), "it does not name `k3s`, nor any other file"),
            (
                format!("{one} k3s\n{}  k3s\nk3s  {one}\n", &one[1..]),
                "it does not name `k3s`, nor any other file",
            ),
            (
                format!("{one}  k3s-arm64\n{two} *bin/k3s\n"),
                "it does not name `k3s`, only `k3s-arm64`, `bin/k3s`",
            ),
            (format!("{one}  k3s\n{two} *k3s\n"), "it names `k3s` more than once, with other checksums"),
        ] {
            assert_eq!(checksum_of(list.as_bytes(), "k3s").unwrap_err().to_string(), expected);
        }
        assert_eq!(checksum_of(b"\xff", "k3s"), Err(ChecksumsError::NotText));
    }
}
