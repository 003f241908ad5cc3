//! `bundle build`: lock, fetch, verify, check completeness, pack, sign.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::assemble::{Assembly, assemble};
use super::complete::check_sites;
use super::compose::write_layer;
use super::gather::pins::Pins;
use super::gather::{Gathered, gather};
use super::upstream::Upstream;
use super::workspace::Workspace;
use crate::archive::{Role, Writer, output_place};
use crate::digest::Digest;
use crate::fetch::fetch;
use crate::lock::{Change, Lock};
use crate::ops::error::{OpsError, SignError};
use crate::ops::site::warn_of;
use crate::output::{Place, replace};
use crate::report::Reporter;
use crate::store::BlobSink;
use crate::trust::{BundleSignature, SLOT, SigningKey, TrustedRoot};

/// How to build.
pub struct BuildOptions {
    /// Where the bundle goes: a file, or a folder in which it gets its name; `None`: its name in the current folder.
    pub output: Option<PathBuf>,
    /// What else this command reads, besides the spec and what belongs to it: nothing of it is overwritten.
    pub inputs: Vec<PathBuf>,
    /// The key that signs it; without one it is not signed.
    pub key: Option<SigningKey>,
    /// Whether the lock must be complete already.
    pub locked: bool,
    /// The size of each part that it is written in, in bytes; `None`: one file.
    pub split: Option<u64>,
    /// How many blobs are fetched at once.
    pub jobs: usize,
}

/// What was built.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct BuildReport {
    /// The bundle's identity: the digest of its index.
    pub digest: Digest,
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
    /// Entries of the index.
    pub entries: usize,
    /// Blobs.
    pub blobs: usize,
    /// Bytes of the file.
    pub bytes: u64,
    /// The file, or its parts, in order.
    pub files: Vec<PathBuf>,
    /// Whether it is signed.
    pub signed: bool,
    /// What keyless signatures were checked against; `None` if no policy asks for one.
    pub trusted_root: Option<String>,
}

/// Builds a bundle.
///
/// # Errors
/// When anything cannot be had, is refused, or is not complete; no file is left under the final name then.
pub async fn build(
    workspace: &Workspace,
    upstream: &Upstream,
    options: &BuildOptions,
    reporter: Arc<dyn Reporter>,
) -> Result<BuildReport, OpsError> {
    let output = place(workspace, options)?;
    let lock_place = workspace.lock_place()?;
    let gathered = gather(workspace, upstream, Pins::Locked(workspace.lock.as_ref())).await?;
    let lock = settle_lock(workspace, &gathered, options.locked)?;
    reporter.step(format!("verified {} images and artifacts, {} files", lock.items.len(), lock.files.len()));
    workspace.sites.iter().for_each(|(name, site)| warn_of(name, site, &*reporter));
    check_sites(workspace, &gathered, &lock, &*reporter)?;
    let assembly = assemble(workspace, &gathered, &lock, &upstream.client, options.key.as_ref());
    drop(gathered);
    let mut report = report(workspace, &assembly, options.key.is_some(), &upstream.root);
    report.files = pack(assembly, output.path(), options, reporter).await?;
    if workspace.lock.as_ref() != Some(&lock) {
        replace(&lock_place, lock.to_text().as_bytes())?;
    }
    Ok(report)
}

/// Looks at where the bundle goes.
fn place(workspace: &Workspace, options: &BuildOptions) -> Result<Place, OpsError> {
    let name = format!("{}-{}.tar", workspace.spec.name, workspace.spec.version);
    let named = options.output.clone().unwrap_or_else(|| PathBuf::from(&name));
    let place = output_place(&named, &name, options.split.is_some())?;
    let inputs = options.inputs.iter().chain(&workspace.inputs).chain([&workspace.lock_path]);
    Ok(place.unless_one_of(inputs.map(PathBuf::as_path))?.writable()?)
}

/// Returns the lock of what was gathered; a lock that exists may only have grown.
fn settle_lock(workspace: &Workspace, gathered: &Gathered, locked: bool) -> Result<Lock, OpsError> {
    let new = gathered.lock(&workspace.spec.targets);
    let empty = Lock::new(new.targets.clone(), Vec::new(), Vec::new());
    let changes = workspace.lock.as_ref().unwrap_or(&empty).changes(&new);
    let grown = |change: &Change| !locked && (change.is_growth() || change.is_harmless());
    let refused: Vec<_> = changes.into_iter().filter(|change| !grown(change)).collect();
    if refused.is_empty() {
        Ok(new)
    } else {
        Err(OpsError::LockOutdated { path: workspace.lock_path.clone(), changes: refused })
    }
}

fn report(workspace: &Workspace, assembly: &Assembly, signed: bool, root: &TrustedRoot) -> BuildReport {
    BuildReport {
        digest: Digest::of(&assembly.index),
        name: workspace.spec.name.clone(),
        version: workspace.spec.version.clone(),
        entries: assembly
            .entries
            .iter()
            .filter(|entry| matches!(entry.role, Role::Image | Role::Artifact))
            .count(),
        blobs: assembly.layout.blobs().count(),
        bytes: assembly.layout.length(),
        files: Vec::new(),
        signed,
        trusted_root: workspace.spec.is_keyless().then(|| root.to_string()),
    }
}

/// Writes the file and returns its name, or those of its parts.
async fn pack(
    assembly: Assembly,
    output: &Path,
    options: &BuildOptions,
    reporter: Arc<dyn Reporter>,
) -> Result<Vec<PathBuf>, OpsError> {
    let slot = signature_slot(&assembly.index, options.key.as_ref())?;
    let writer = Arc::new(Writer::create(output, assembly.layout, &assembly.index, options.split)?);
    for (digest, bytes) in &assembly.small {
        writer.write_all_at(digest, 0, bytes).map_err(|source| write_failed(output, source))?;
    }
    drop(assembly.small);
    fetch(assembly.large, writer.clone(), options.jobs, reporter).await?;
    for (digest, recipe) in &assembly.composed {
        write_layer(&writer, digest, recipe)?;
    }
    let writer = Arc::into_inner(writer)
        .ok_or_else(|| write_failed(output, std::io::Error::other("a transfer is still running")))?;
    let names = writer.names().to_vec();
    writer.finish(&slot)?;
    Ok(names)
}

/// Returns the content of the first slot: the signature, or spaces if there is no key.
fn signature_slot(index: &[u8], key: Option<&SigningKey>) -> Result<Vec<u8>, OpsError> {
    let Some(key) = key else { return Ok(vec![b' '; SLOT]) };
    Ok(BundleSignature::sign(key, index).padded(SLOT).map_err(SignError::Unfit)?)
}

fn write_failed(path: &Path, source: std::io::Error) -> OpsError {
    OpsError::Io { verb: "write", path: path.to_owned(), source }
}
