//! The images that the bundle carries, and their names in the cluster.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::proof::Proof;
use crate::digest::Digest;
use crate::reference::ImageRef;
use crate::render::unresolved::UnresolvedImage;
use crate::spec::site::SiteRegistry;
use crate::spec::{ImageMode, ItemKind, below};

/// An image or artifact of the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Upstream's reference, as the spec has it.
    pub reference: ImageRef,
    /// The digest of the index or subset that the bundle carries.
    pub digest: Digest,
    /// Image or artifact.
    pub kind: ItemKind,
}

/// The images and artifacts that the bundle carries, under the names that the site wants.
///
/// One is found by its upstream name and tag. If a reference also has a digest, that digest must be the one in the
/// bundle, or the one in the carried reference itself: a subset index has a digest of its own, and upstream's
/// stays in the reference that it was locked with. A reference with neither means the only one of its name.
#[derive(Debug, Clone)]
pub struct ImageMap {
    registry: SiteRegistry,
    carried: BTreeMap<String, Vec<Carried>>,
    proofs: BTreeMap<ImageRef, Proof>,
}

/// Who asks for what a reference names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::render) enum PulledBy {
    /// The nodes' container runtime, with its mirror configuration: images alone.
    Nodes,
    /// A program in a pod, straight from the site's registry.
    Pods,
}

/// What a reference became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) struct Named {
    /// What of the bundle it is.
    pub(in crate::render) reference: ImageRef,
    /// Where it is pulled from, without tag and digest.
    pub(in crate::render) repository: String,
    /// Its tag, if the reference or the bundle has one.
    pub(in crate::render) tag: Option<String>,
    digest: Digest,
}

impl Named {
    /// Returns the whole reference: the tag if there is one, and always the digest.
    pub(in crate::render) fn pinned(&self) -> String {
        let tag = self.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        format!("{}{tag}@{}", self.repository, self.digest)
    }
}

impl ImageMap {
    /// Takes what the bundle carries.
    #[must_use]
    pub fn new(registry: &SiteRegistry, all: impl IntoIterator<Item = Carried>) -> Self {
        let mut carried: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for one in all {
            carried.entry(one.reference.name()).or_default().push(one);
        }
        carried.values_mut().for_each(|same| same.sort_by(|a, b| a.reference.cmp(&b.reference)));
        Self { registry: registry.clone(), carried, proofs: BTreeMap::new() }
    }

    /// Adds how nodes can tell that images are genuine, by upstream's references.
    #[must_use]
    pub fn with_proofs(mut self, proofs: BTreeMap<ImageRef, Proof>) -> Self {
        self.proofs = proofs;
        self
    }

    /// Returns how a node can tell, for each repository under the name that the node knows it by.
    pub(in crate::render) fn proofs(&self) -> BTreeMap<String, Proof> {
        let mut by_repository: BTreeMap<String, Proof> = BTreeMap::new();
        for (reference, proof) in &self.proofs {
            let repository = self.repository(reference, PulledBy::Nodes);
            match by_repository.entry(repository) {
                Entry::Vacant(free) => drop(free.insert(proof.clone())),
                Entry::Occupied(mut taken) => {
                    let both = taken.get().and(proof);
                    taken.insert(both);
                }
            }
        }
        by_repository
    }

    fn repository(&self, reference: &ImageRef, by: PulledBy) -> String {
        let SiteRegistry { address, pod_address, images, .. } = &self.registry;
        let place = || below(&self.registry.path_of(reference.registry()), reference.repository());
        match (by, images) {
            (PulledBy::Pods, _) => format!("{}/{}", pod_address.as_ref().unwrap_or(address), place()),
            (PulledBy::Nodes, ImageMode::Rewrite) => format!("{address}/{}", place()),
            (PulledBy::Nodes, ImageMode::Mirror) => reference.name(),
        }
    }

    /// Returns what a reference means, and where it is pulled from.
    ///
    /// # Errors
    ///
    /// When the text is no reference, or the bundle does not carry what it names.
    pub(in crate::render) fn resolve(
        &self,
        text: &str,
        pulled_by: PulledBy,
    ) -> Result<Named, UnresolvedImage> {
        let wanted: ImageRef = text.parse()?;
        let found = self.find(text, &wanted, pulled_by)?;
        let repository = self.repository(&wanted, pulled_by);
        let tag = if is_bare(text) { found.reference.tag() } else { wanted.tag() };
        Ok(Named {
            reference: found.reference.clone(),
            repository,
            tag: tag.map(str::to_owned),
            digest: found.digest,
        })
    }

    /// Returns what a reference means, image or artifact.
    ///
    /// # Errors
    ///
    /// When the text is no reference, or the bundle does not carry what it names.
    pub(in crate::render) fn carries(&self, text: &str) -> Result<ImageRef, UnresolvedImage> {
        Ok(self.find(text, &text.parse()?, PulledBy::Pods)?.reference.clone())
    }

    /// Returns the hosts that the carried images come from.
    #[must_use]
    pub fn hosts(&self) -> BTreeSet<String> {
        let images = self.carried.values().flatten().filter(|one| one.kind == ItemKind::Image);
        images.map(|one| one.reference.registry().to_owned()).collect()
    }

    fn find(&self, text: &str, wanted: &ImageRef, by: PulledBy) -> Result<&Carried, UnresolvedImage> {
        let same = self.carried.get(&wanted.name()).map_or(&[][..], Vec::as_slice);
        let same: Vec<_> =
            same.iter().filter(|one| by == PulledBy::Pods || one.kind == ItemKind::Image).collect();
        if is_bare(text) { only(wanted, &same) } else { exact(wanted, &same) }
    }
}

/// Tells whether a reference has neither a tag nor a digest.
fn is_bare(text: &str) -> bool {
    !text.contains('@') && !text.rsplit('/').next().unwrap_or_default().contains(':')
}

fn references(same: &[&Carried]) -> Vec<String> {
    same.iter().map(|one| one.reference.to_string()).collect()
}

fn only<'a>(wanted: &ImageRef, same: &[&'a Carried]) -> Result<&'a Carried, UnresolvedImage> {
    let image = wanted.name();
    match same {
        [one] => Ok(one),
        [] => Err(UnresolvedImage::NotCarried { image, carried: Vec::new() }),
        several => Err(UnresolvedImage::Ambiguous { image, carried: references(several) }),
    }
}

fn exact<'a>(wanted: &ImageRef, same: &[&'a Carried]) -> Result<&'a Carried, UnresolvedImage> {
    let image = wanted.to_string();
    let Some(asked) = wanted.digest() else {
        let found = same.iter().find(|one| one.reference.tag() == wanted.tag());
        return found
            .copied()
            .ok_or_else(|| UnresolvedImage::NotCarried { image, carried: references(same) });
    };
    let exact = same.iter().find(|one| one.digest == asked || one.reference.digest() == Some(asked));
    match exact {
        Some(one) => Ok(one),
        None if same.is_empty() => Err(UnresolvedImage::NotCarried { image, carried: Vec::new() }),
        None => {
            let carried = same.iter().map(|one| format!("`{}`", one.digest)).collect();
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
            prefix: prefix.into(),
            pod_address: Some("10.0.0.5:5000".into()),
            ..SiteRegistry::default()
        };
        let locked = format!("ghcr.io/a/b:1@{}", Digest::of(b"upstream"));
        let images = [
            "nginx:1.25",
            "docker.io/openpolicyagent/gatekeeper:v3.23.1",
            &locked,
            "quay.io/c:1",
            "quay.io/c:2",
        ]
        .map(|text| (text, ItemKind::Image));
        let carried = images.into_iter().chain([("ghcr.io/d/db:2", ItemKind::Artifact)]);
        ImageMap::new(
            &site,
            carried.map(|(text, kind)| Carried {
                reference: text.parse().unwrap(),
                digest: Digest::of(b"carried"),
                kind,
            }),
        )
    }

    fn pinned(map: &ImageMap, text: &str, by: PulledBy) -> Result<String, String> {
        map.resolve(text, by).map(|named| named.pinned()).map_err(|problem| problem.to_string())
    }

    #[test]
    fn names_stay_or_move_and_always_get_the_digest() {
        let digest = Digest::of(b"carried");
        let upstream = Digest::of(b"upstream");
        for (text, mirror, rewrite) in [
            ("nginx:1.25", "docker.io/library/nginx:1.25", "library/nginx:1.25"),
            ("nginx", "docker.io/library/nginx:1.25", "library/nginx:1.25"),
            (
                "openpolicyagent/gatekeeper:v3.23.1",
                "docker.io/openpolicyagent/gatekeeper:v3.23.1",
                "openpolicyagent/gatekeeper:v3.23.1",
            ),
            (&format!("ghcr.io/a/b@{digest}"), "ghcr.io/a/b", "a/b"),
            (&format!("ghcr.io/a/b:1@{upstream}"), "ghcr.io/a/b:1", "a/b:1"),
        ] {
            let nodes = |images, prefix| pinned(&map(images, prefix), text, PulledBy::Nodes);
            assert_eq!(nodes(ImageMode::Mirror, ""), Ok(format!("{mirror}@{digest}")));
            let rewritten = |path: &str| Ok(format!("registry.lan:5000/{path}{rewrite}@{digest}"));
            assert_eq!(nodes(ImageMode::Rewrite, ""), rewritten(""));
            assert_eq!(nodes(ImageMode::Rewrite, "edge/k8s"), rewritten("edge/k8s/"));
        }
    }

    #[test]
    fn pods_ask_the_registry_itself_and_for_artifacts_too() {
        let digest = Digest::of(b"carried");
        let pods = |text: &str| pinned(&map(ImageMode::Mirror, "edge"), text, PulledBy::Pods);
        for text in ["ghcr.io/d/db", "ghcr.io/d/db:2"] {
            assert_eq!(pods(text), Ok(format!("10.0.0.5:5000/edge/d/db:2@{digest}")));
        }
        assert_eq!(pods("nginx"), Ok(format!("10.0.0.5:5000/edge/library/nginx:1.25@{digest}")));
        let by_nodes = pinned(&map(ImageMode::Mirror, ""), "ghcr.io/d/db:2", PulledBy::Nodes);
        assert_eq!(by_nodes, Err("the bundle does not carry `ghcr.io/d/db:2`".to_owned()));
    }

    #[test]
    fn a_host_with_a_path_of_its_own_is_below_it() {
        let mut map = map(ImageMode::Rewrite, "edge");
        map.registry.paths.add("quay.io", "quay").unwrap();
        let digest = Digest::of(b"carried");
        for (text, path) in [("quay.io/c:1", "edge/quay/c:1"), ("nginx:1.25", "edge/library/nginx:1.25")] {
            assert_eq!(pinned(&map, text, PulledBy::Pods), Ok(format!("10.0.0.5:5000/{path}@{digest}")));
            assert_eq!(pinned(&map, text, PulledBy::Nodes), Ok(format!("registry.lan:5000/{path}@{digest}")));
        }
        map.registry.images = ImageMode::Mirror;
        let upstream = pinned(&map, "quay.io/c:1", PulledBy::Nodes);
        assert_eq!(upstream, Ok(format!("quay.io/c:1@{digest}")));
    }

    #[test]
    fn an_image_outside_the_bundle_is_refused() {
        let reason = |text: &str| {
            pinned(&map(ImageMode::Mirror, ""), text, PulledBy::Nodes).expect_err("nothing of the bundle")
        };
        assert_eq!(reason("redis:7"), "the bundle does not carry `docker.io/library/redis:7`");
        assert_eq!(reason("redis"), "the bundle does not carry `docker.io/library/redis`");
        assert_eq!(
            reason("nginx:latest"),
            "the bundle does not carry `docker.io/library/nginx:latest`, only `docker.io/library/nginx:1.25`"
        );
        assert_eq!(
            reason("quay.io/c"),
            "`quay.io/c` has no tag, and the bundle carries `quay.io/c:1`, `quay.io/c:2`"
        );
        let (other, carried) = (Digest::of(b"other"), Digest::of(b"carried"));
        assert_eq!(
            reason(&format!("nginx:1.25@{other}")),
            format!(
                "`docker.io/library/nginx:1.25@{other}` is not the image that the bundle carries: expected digest `{carried}`"
            )
        );
        assert!(reason("Not An Image").starts_with("`Not An Image` is not an image reference: "));
    }

    #[test]
    fn hosts_are_those_of_the_images() {
        let hosts: Vec<_> = map(ImageMode::Mirror, "").hosts().into_iter().collect();
        assert_eq!(hosts, ["docker.io", "ghcr.io", "quay.io"]);
    }
}
