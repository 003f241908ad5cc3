//! `bundle push`: everything in a bundle into a registry.

use std::sync::Arc;

use crate::archive::{Archive, Entry, Role};
use crate::oci::Manifest;
use crate::ops::error::OpsError;
use crate::registry::push::{Item, Plan, Push, PushPlan, PushReport};
use crate::registry::{Access, Client, Endpoint};
use crate::report::{Reporter, Silent};
use crate::spec::{HostPaths, Registries};

/// How to push.
#[derive(Debug, Clone)]
pub struct PushOptions {
    /// The target.
    pub endpoint: Endpoint,
    /// Which upstream hosts have a path of their own there, after the endpoint's prefix.
    pub paths: HostPaths,
    /// How it is reached.
    pub access: Access,
    /// Whether a tag that points elsewhere is moved.
    pub retag: bool,
    /// How many blobs are sent at once.
    pub jobs: usize,
}

/// Pushes everything in a bundle. What has to be sent is hashed before the first byte leaves.
///
/// # Errors
/// When the bundle is altered, the registry refuses something, or the push is not complete.
pub async fn push(
    archive: Arc<Archive>,
    options: &PushOptions,
    reporter: Arc<dyn Reporter>,
) -> Result<PushReport, OpsError> {
    warn_of_unused(&archive, &options.paths, &*reporter);
    let plan = plan(&archive, options).await?;
    let (checked, uploads) = (archive.clone(), plan.uploads());
    let check = tokio::task::spawn_blocking(move || checked.check_blobs(&uploads, &Silent));
    check.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
    Ok(plan.run(archive, reporter).await?)
}

/// Returns what a push would send. The registry is read, and nothing is changed.
///
/// # Errors
/// When the registry does not answer, a tag points elsewhere, or two upstream repositories would become one.
pub async fn missing(archive: &Archive, options: &PushOptions) -> Result<PushPlan, OpsError> {
    Ok(plan(archive, options).await?.summary())
}

pub(super) async fn plan(archive: &Archive, options: &PushOptions) -> Result<Plan, OpsError> {
    let client = Client::with_access(Registries::default(), &options.access)?;
    let push = Push { client, endpoint: options.endpoint.clone(), retag: options.retag, jobs: options.jobs };
    Ok(push.plan(items(archive, &options.paths)).await?)
}

/// Warns about hosts that have a path of their own although the bundle has nothing from them: a misspelt name would have no effect.
pub(super) fn warn_of_unused(archive: &Archive, paths: &HostPaths, reporter: &dyn Reporter) {
    let is_of =
        |entry: &Entry, host: &str| entry.repository.split_once('/').is_some_and(|(of, _)| of == host);
    for host in paths.hosts().filter(|host| !archive.entries().iter().any(|entry| is_of(entry, host))) {
        reporter.warn(format!("`{host}` has a path of its own, but the bundle has nothing from that host"));
    }
}

/// Returns what must be in a registry afterwards.
fn items(archive: &Archive, paths: &HostPaths) -> Vec<Item> {
    archive.entries().iter().map(|entry| item(archive, entry, paths)).collect()
}

fn item(archive: &Archive, entry: &Entry, paths: &HostPaths) -> Item {
    let top = archive.manifest(&entry.descriptor.digest);
    let children = top
        .into_iter()
        .filter(|_| entry.role != Role::Original)
        .flat_map(|top| top.document.manifests.iter().flatten());
    let children = children.filter_map(|child| archive.manifest(&child.digest));
    let manifests: Vec<Manifest> = children.chain(top).cloned().collect();
    Item {
        upstream: entry.repository.clone(),
        repository: paths.place(&entry.repository),
        tag: entry.tag.clone(),
        manifests,
        optional: entry.role == Role::Original,
    }
}
