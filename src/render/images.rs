//! Which images travel, and what they are called in the cluster.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::reference::{ImageRef, InvalidReference};
use crate::spec::ImageMode;
use crate::spec::site::SiteRegistry;

/// The images that the bundle carries, under the names that the site wants.
///
/// An image is found by its upstream name and tag. Where a reference also has a digest, that digest must be the one that
/// travels, or the one in the carried reference itself: a subset index has a digest of its own, and upstream's
/// stays in the reference that it was locked with.
#[derive(Debug, Clone)]
pub struct ImageMap {
    mode: ImageMode,
    registry: String,
    images: BTreeMap<String, Vec<(ImageRef, Digest)>>,
}

/// A reference that leads to no image of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnresolvedImage {
    /// It is no reference at all.
    #[error(transparent)]
    Invalid(#[from] InvalidReference),
    /// The bundle does not carry it.
    #[error("the bundle does not carry `{image}`{}", others(.carried))]
    NotCarried {
        /// The reference with every default written out.
        image: String,
        /// What the bundle carries of the same name.
        carried: Vec<String>,
    },
    /// The bundle carries another image under this name.
    #[error("`{image}` is not what travels: expected digest {}", .carried.join(" or "))]
    OtherDigest {
        /// The reference with every default written out.
        image: String,
        /// The digests that travel under this name.
        carried: Vec<String>,
    },
    /// The field holds something else than a text.
    #[error("expected an image reference, found `{found}`")]
    NotText {
        /// What it holds.
        found: String,
    },
}

fn others(carried: &[String]) -> String {
    if carried.is_empty() { String::new() } else { format!(", only `{}`", carried.join("`, `")) }
}

impl ImageMap {
    /// Takes the carried images, each with the digest of the index or subset that travels.
    #[must_use]
    pub fn new(registry: &SiteRegistry, carried: impl IntoIterator<Item = (ImageRef, Digest)>) -> Self {
        let mut images: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (reference, digest) in carried {
            images.entry(reference.name()).or_default().push((reference, digest));
        }
        images.values_mut().for_each(|same| same.sort());
        let path = if registry.prefix.is_empty() { String::new() } else { format!("/{}", registry.prefix) };
        Self { mode: registry.images, registry: format!("{}{path}", registry.address), images }
    }

    /// Returns the name under which the cluster pulls an image: tag kept where one was given, and always the digest.
    ///
    /// # Errors
    ///
    /// When the text is no reference, or the bundle does not carry the image.
    pub fn resolve(&self, text: &str) -> Result<String, UnresolvedImage> {
        let wanted: ImageRef = text.parse()?;
        let same = self.images.get(&wanted.name()).map_or(&[][..], Vec::as_slice);
        let digest = find(&wanted, same)?;
        let name = match self.mode {
            ImageMode::Mirror => wanted.name(),
            ImageMode::Rewrite => format!("{}/{}", self.registry, wanted.repository()),
        };
        let tag = wanted.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
        Ok(format!("{name}{tag}@{digest}"))
    }

    /// Returns the hosts that the carried images come from.
    #[must_use]
    pub fn hosts(&self) -> BTreeSet<String> {
        let references = self.images.values().flatten();
        references.map(|(reference, _)| reference.registry().to_owned()).collect()
    }
}

fn find(wanted: &ImageRef, same: &[(ImageRef, Digest)]) -> Result<Digest, UnresolvedImage> {
    let image = wanted.to_string();
    let tagged = |(reference, _): &&(ImageRef, Digest)| reference.tag() == wanted.tag();
    let Some(asked) = wanted.digest() else {
        let carried = || same.iter().map(|(reference, _)| reference.to_string()).collect();
        let found = same.iter().find(tagged);
        return found
            .map(|(_, digest)| *digest)
            .ok_or_else(|| UnresolvedImage::NotCarried { image, carried: carried() });
    };
    let exact = same.iter().find(|(reference, digest)| *digest == asked || reference.digest() == Some(asked));
    match exact {
        Some((_, digest)) => Ok(*digest),
        None if same.is_empty() => Err(UnresolvedImage::NotCarried { image, carried: Vec::new() }),
        None => {
            let carried = same.iter().map(|(_, digest)| format!("`{digest}`")).collect();
            Err(UnresolvedImage::OtherDigest { image, carried })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(images: ImageMode, prefix: &str) -> ImageMap {
        let site = SiteRegistry {
            address: "registry.lan:5000".into(),
            images,
            plain_http: None,
            prefix: prefix.into(),
            ..SiteRegistry::default()
        };
        let locked = format!("ghcr.io/a/b:1@{}", Digest::of(b"upstream"));
        ImageMap::new(
            &site,
            ["nginx:1.25", "docker.io/openpolicyagent/gatekeeper:v3.23.1", &locked]
                .map(|text| (text.parse().unwrap(), Digest::of(b"carried"))),
        )
    }

    #[test]
    fn names_stay_or_move_and_always_get_the_digest() {
        let digest = Digest::of(b"carried");
        let upstream = Digest::of(b"upstream");
        for (text, mirror, rewrite) in [
            ("nginx:1.25", "docker.io/library/nginx:1.25", "library/nginx:1.25"),
            (
                "openpolicyagent/gatekeeper:v3.23.1",
                "docker.io/openpolicyagent/gatekeeper:v3.23.1",
                "openpolicyagent/gatekeeper:v3.23.1",
            ),
            (&format!("ghcr.io/a/b@{digest}"), "ghcr.io/a/b", "a/b"),
            (&format!("ghcr.io/a/b:1@{upstream}"), "ghcr.io/a/b:1", "a/b:1"),
        ] {
            assert_eq!(map(ImageMode::Mirror, "").resolve(text), Ok(format!("{mirror}@{digest}")));
            let rewritten = |path: &str| Ok(format!("registry.lan:5000/{path}{rewrite}@{digest}"));
            assert_eq!(map(ImageMode::Rewrite, "").resolve(text), rewritten(""));
            assert_eq!(map(ImageMode::Rewrite, "edge/k8s").resolve(text), rewritten("edge/k8s/"));
        }
    }

    #[test]
    fn what_does_not_travel_is_refused() {
        let reason = |text: &str| map(ImageMode::Mirror, "").resolve(text).unwrap_err().to_string();
        assert_eq!(reason("redis:7"), "the bundle does not carry `docker.io/library/redis:7`");
        assert_eq!(
            reason("nginx"),
            "the bundle does not carry `docker.io/library/nginx:latest`, only `docker.io/library/nginx:1.25`"
        );
        let (other, carried) = (Digest::of(b"other"), Digest::of(b"carried"));
        assert_eq!(
            reason(&format!("nginx:1.25@{other}")),
            format!(
                "`docker.io/library/nginx:1.25@{other}` is not what travels: expected digest `{carried}`"
            )
        );
        assert!(reason("Not An Image").starts_with("`Not An Image` is not an image reference: "));
    }

    #[test]
    fn hosts_are_those_of_upstream() {
        let hosts: Vec<_> = map(ImageMode::Mirror, "").hosts().into_iter().collect();
        assert_eq!(hosts, ["docker.io", "ghcr.io"]);
    }
}
