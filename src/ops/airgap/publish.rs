//! `bundle render -o oci://…`: the manifests of a site as one artifact in a registry, for Flux and Argo CD.

use std::io;
use std::sync::Arc;

use crate::archive::Archive;
use crate::digest::Digest;
use crate::ops::error::OpsError;
use crate::platform::NodeRegistry;
use crate::reference::ImageRef;
use crate::registry::push::{Item, Push};
use crate::registry::{Access, Client, Endpoint};
use crate::render::{Artifact, GitopsSource, Label};
use crate::rendered::RenderedSet;
use crate::report::Reporter;
use crate::spec::{Registries, Site, below};

/// Where an artifact goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The registry's host and port.
    pub host: String,
    /// The repository's path.
    pub repository: String,
    /// The tag. `None`: the bundle's version.
    pub tag: Option<String>,
}

/// How to publish.
#[derive(Debug, Clone)]
pub struct PublishOptions {
    /// Where.
    pub target: Published,
    /// The registry.
    pub endpoint: Endpoint,
    /// How it is reached.
    pub access: Access,
    /// Whether a tag that points elsewhere is moved.
    pub retag: bool,
    /// When it was made, in RFC 3339, if the artifact has to record it.
    pub created: Option<String>,
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[must_use]
pub struct PublishReport {
    /// The artifact with tag and digest: `oci://registry.lan:5000/homelab:1@sha256:…`.
    pub reference: String,
    /// Its digest.
    pub digest: Digest,
    /// Whether it was there already.
    pub present: bool,
}

impl Published {
    /// Reads what follows `oci://`.
    ///
    /// # Errors
    /// When it names no registry or no repository, or a digest, which cannot be chosen.
    pub fn parse(text: &str) -> Result<Self, OpsError> {
        let refused = || OpsError::Usage {
            message: format!("`oci://{text}` is not a place for an artifact"),
            hint: "write oci://HOST[:PORT]/REPOSITORY[:TAG]: oci://registry.lan:5000/gitops/homelab:1.0.0"
                .to_owned(),
        };
        let reference: ImageRef = text.parse().map_err(|_| refused())?;
        if reference.digest().is_some() || !text.starts_with(&format!("{}/", reference.registry())) {
            return Err(refused());
        }
        // A reference without a tag would mean `latest`.
        let is_tagged = text.rsplit('/').next().is_some_and(|last| last.contains(':'));
        Ok(Self {
            host: reference.registry().to_owned(),
            repository: reference.repository().to_owned(),
            tag: reference.tag().filter(|_| is_tagged).map(str::to_owned),
        })
    }
}

/// Pushes the objects of a site as one artifact. Node files are not in it.
///
/// # Errors
/// When the registry refuses something, or the tag points elsewhere.
pub async fn publish(
    archive: &Archive,
    set: &RenderedSet,
    options: &PublishOptions,
    reporter: Arc<dyn Reporter>,
) -> Result<PublishReport, OpsError> {
    let PublishOptions { target, endpoint, access, retag, created } = options;
    let artifact = artifact(archive, set, created.clone())?;
    let tag = target.tag.clone().unwrap_or_else(|| default_tag(&archive.contents().version));
    let digest = artifact.digest();
    let item = Item {
        upstream: format!("{}/{}", target.host, target.repository),
        repository: target.repository.clone(),
        tag: Some(tag.clone()),
        manifests: vec![artifact.manifest.clone()],
        optional: false,
    };
    let client = Client::with_access(Registries::default(), access)?;
    let push = Push { client, endpoint: endpoint.clone(), retag: *retag, jobs: 1 };
    let report = push.plan(vec![item]).await?.run(Arc::new(artifact), reporter).await?;
    let reference = format!("oci://{}/{}:{tag}@{digest}", target.host, target.repository);
    Ok(PublishReport { reference, digest, present: report.present > 0 })
}

/// Returns the example objects for Flux and Argo CD: path and content. They name what [`publish`] pushes for the same bundle and
/// site, in the site's registry, under the bundle's name.
///
/// # Errors
/// When the objects cannot be packed, which nothing that is rendered should cause.
pub fn gitops_files(
    archive: &Archive,
    set: &RenderedSet,
    site: &Site,
    created: Option<String>,
) -> Result<Vec<(String, String)>, OpsError> {
    let contents = archive.contents();
    let registry = NodeRegistry::new(&site.registry, [].into());
    let repository = below(&registry.prefix, &format!("gitops/{}", contents.name));
    let source = GitopsSource {
        registry: &registry,
        repository: &repository,
        tag: &default_tag(&contents.version),
        digest: artifact(archive, set, created)?.digest(),
        name: &contents.name,
    };
    Ok(set.gitops(&source))
}

fn artifact(archive: &Archive, set: &RenderedSet, created: Option<String>) -> Result<Artifact, OpsError> {
    let contents = archive.contents();
    let label = Label {
        name: contents.name.clone(),
        version: contents.version.clone(),
        bundle: archive.digest(),
        created,
    };
    let unpacked =
        |source: io::Error| OpsError::Io { verb: "pack", path: "kustomization.yaml".into(), source };
    set.artifact(&label).map_err(unpacked)
}

/// Returns a version as a tag: `v1.34.4+k3s1` becomes `v1.34.4-k3s1`.
// See: OCI distribution-spec, "Pulling manifests": what a tag may be
fn default_tag(version: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    version.chars().take(128).map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_for_an_artifact_names_registry_and_repository() {
        let parsed =
            |text: &str| Published::parse(text).map(|place| (place.host, place.repository, place.tag));
        let place = |host: &str, path: &str, tag: Option<&str>| {
            (host.to_owned(), path.to_owned(), tag.map(str::to_owned))
        };
        assert_eq!(parsed("r.lan:5000/a/b:1").unwrap(), place("r.lan:5000", "a/b", Some("1")));
        assert_eq!(parsed("r.lan:5000/a").unwrap(), place("r.lan:5000", "a", None));
        let digest = format!("r.lan/a@{}", Digest::of(b"x"));
        for refused in ["homelab", "a/b:1", "r.lan:5000", "r.lan:5000/", "r.lan/A", &digest] {
            let error = parsed(refused).unwrap_err();
            assert_eq!(error.to_string(), format!("`oci://{refused}` is not a place for an artifact"));
        }
    }

    #[test]
    fn any_version_becomes_a_tag() {
        assert_eq!(default_tag("v1.34.4+k3s1"), "v1.34.4-k3s1");
        assert_eq!(default_tag("2026.11.0"), "2026.11.0");
    }
}
