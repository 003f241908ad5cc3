//! What a request asks for: its path and its query, taken apart.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::digest::Digest;

/// What a path of the protocol asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Base,
    Repositories,
    Manifest(&'a str, &'a str),
    Blob(&'a str, &'a str),
    Upload(&'a str, &'a str),
    Tags(&'a str),
    Referrers(&'a str, &'a str),
}

impl<'a> Target<'a> {
    // See: OCI distribution-spec, "Endpoints"; `_catalog` is docker-registry's
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/v2").filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        let rest = rest.trim_start_matches('/');
        match rest {
            "" => return Some(Self::Base),
            "_catalog" => return Some(Self::Repositories),
            _ => {}
        }
        if let Some(name) = rest.strip_suffix("/tags/list") {
            return Some(Self::Tags(name));
        }
        if let Some(name) = rest.trim_end_matches('/').strip_suffix("/blobs/uploads") {
            return Some(Self::Upload(name, ""));
        }
        let (front, last) = rest.rsplit_once('/')?;
        if let Some(name) = front.strip_suffix("/blobs/uploads") {
            return Some(Self::Upload(name, last));
        }
        let (name, kind) = front.rsplit_once('/')?;
        match kind {
            "manifests" => Some(Self::Manifest(name, last)),
            "blobs" => Some(Self::Blob(name, last)),
            "referrers" => Some(Self::Referrers(name, last)),
            _ => None,
        }
    }

    /// Returns the repository, where one is asked for.
    pub(crate) fn name(self) -> Option<&'a str> {
        match self {
            Self::Base | Self::Repositories => None,
            Self::Manifest(name, _)
            | Self::Blob(name, _)
            | Self::Upload(name, _)
            | Self::Tags(name)
            | Self::Referrers(name, _) => Some(name),
        }
    }
}

/// What stands where a digest is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A digest of the kind that is spoken here.
    Digest(Digest),
    /// A digest of another algorithm: well-formed, and never held.
    OtherAlgorithm,
    /// No digest.
    Invalid,
}

impl Asked {
    // See: OCI image-spec descriptor.md, "Digests"
    pub(crate) fn of(text: &str) -> Self {
        if let Ok(digest) = text.parse() {
            return Self::Digest(digest);
        }
        let is_algorithm =
            |text: &str| text.split(['+', '.', '_', '-']).all(|part| part.bytes().all(is_lower_or_digit));
        let is_encoded = |text: &str| {
            text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"=_-".contains(&byte))
                && !text.is_empty()
        };
        match text.split_once(':') {
            Some(("sha256", _)) | None => Self::Invalid,
            Some((name, rest)) if !name.is_empty() && is_algorithm(name) && is_encoded(rest) => {
                Self::OtherAlgorithm
            }
            Some(_) => Self::Invalid,
        }
    }
}

fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Returns a parameter of a query, decoded. A `+` stands for itself: media types are full of them.
pub(crate) fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<Cow<'a, str>> {
    query?.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(decode)
}

/// Decodes `%XX` once. Returns the text unchanged if the result would not be UTF-8.
// See: RFC 3986, "Percent-Encoding"
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        for (path, expected) in [
            ("/v2", Some(Target::Base)),
            ("/v2/", Some(Target::Base)),
            ("/v2/_catalog", Some(Target::Repositories)),
            ("/v2/a/b/manifests/1", Some(Target::Manifest("a/b", "1"))),
            ("/v2/a/blobs/sha256:x", Some(Target::Blob("a", "sha256:x"))),
            ("/v2/a/blobs/uploads/", Some(Target::Upload("a", ""))),
            ("/v2/a/blobs/uploads", Some(Target::Upload("a", ""))),
            ("/v2/a/blobs/uploads/7", Some(Target::Upload("a", "7"))),
            ("/v2/a/blobs/uploads/b/manifests/1", Some(Target::Manifest("a/blobs/uploads/b", "1"))),
            ("/v2/a/b/tags/list", Some(Target::Tags("a/b"))),
            ("/v2/a/referrers/sha256:x", Some(Target::Referrers("a", "sha256:x"))),
            ("/v1/", None),
            ("/v2x/", None),
            ("/v2/a", None),
            ("/", None),
        ] {
            assert_eq!(Target::of(path), expected, "{path}");
        }
    }

    #[test]
    fn a_digest_another_algorithm_and_no_digest_are_distinct() {
        let digest = Digest::of(b"");
        for (text, expected) in [
            (digest.to_string().as_str(), Asked::Digest(digest)),
            ("sha512:00ff", Asked::OtherAlgorithm),
            ("multihash+base58:QmRZ", Asked::OtherAlgorithm),
            ("sha256:00", Asked::Invalid),
            ("sha512:", Asked::Invalid),
            (":00", Asked::Invalid),
            ("SHA512:00", Asked::Invalid),
            ("sha512:0/0", Asked::Invalid),
            ("none", Asked::Invalid),
        ] {
            assert_eq!(Asked::of(text), expected, "{text}");
        }
    }

    #[test]
    fn escapes_are_decoded_once() {
        for (text, expected) in [
            ("text%2Fa%2bjson", "text/a+json"),
            ("a+b", "a+b"),
            ("%252F", "%2F"),
            ("%2", "%2"),
            ("%zz%+1", "%zz%+1"),
            ("%ff", "%ff"),
            ("sha256%3Ax", "sha256:x"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
        assert_eq!(parameter(Some("a=1&last=b%2Fc"), "last").as_deref(), Some("b/c"));
        assert_eq!(parameter(Some("blast=1"), "last"), None);
    }
}
