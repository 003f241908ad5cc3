//! `bundle lock`: resolves every reference and records what was seen.

use super::gather::pins::Pins;
use super::gather::{Gathered, gather};
use super::upstream::Upstream;
use super::workspace::Workspace;
use crate::lock::{Change, Lock, What};
use crate::ops::error::OpsError;
use crate::output::{Place, replace};

/// Which entries of an existing lock may move on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Update {
    /// None: what moved is an error, what is new is added.
    #[default]
    Nothing,
    /// All.
    Everything,
    /// Those whose reference or file name contains one of the names.
    Named(Vec<String>),
}

/// How to lock.
#[derive(Debug, Clone, Default)]
pub struct LockOptions {
    /// What may move on.
    pub update: Update,
    /// Compare only; write nothing.
    pub check: bool,
}

/// What was locked.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[must_use]
pub struct LockReport {
    /// How many images and artifacts the lock holds.
    pub items: usize,
    /// How many files.
    pub files: usize,
    /// What differs from the lock that was there.
    pub changes: Vec<Change>,
    /// What keyless signatures were checked against; `None` if no policy asks for one.
    pub trusted_root: Option<String>,
    /// Whether the lock was written.
    pub written: bool,
}

impl Update {
    fn allows(&self, change: &Change) -> bool {
        let named = match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Named(names) => names.iter().any(|name| change.name.contains(name.as_str())),
        };
        let follows = change.is_consequence() || change.what == What::Targets;
        named || change.is_growth() || change.is_harmless() || follows
    }
}

/// Resolves every reference of the spec to what upstream has now, and writes the lock.
///
/// # Errors
/// When an entry cannot be taken, or something moved that `update` does not name; nothing is written then.
pub async fn lock(
    workspace: &Workspace,
    upstream: &Upstream,
    options: &LockOptions,
) -> Result<LockReport, OpsError> {
    let place = (!options.check).then(|| workspace.lock_place().and_then(Place::writable)).transpose()?;
    let gathered: Gathered = gather(workspace, upstream, Pins::Current).await?;
    let new = gathered.lock(&workspace.spec.targets);
    let old =
        workspace.lock.clone().unwrap_or_else(|| Lock::new(new.targets.clone(), Vec::new(), Vec::new()));
    let changes = old.changes(&new);
    let refused: Vec<_> =
        changes.iter().filter(|change| options.check || !options.update.allows(change)).cloned().collect();
    if !refused.is_empty() {
        return Err(OpsError::LockOutdated { path: workspace.lock_path.clone(), changes: refused });
    }
    let place = place.filter(|_| workspace.lock.as_ref() != Some(&new));
    let written = place.is_some();
    if let Some(place) = place {
        replace(&place, new.to_text().as_bytes())?;
    }
    let trusted_root = workspace.spec.is_keyless().then(|| upstream.root.to_string());
    Ok(LockReport { items: new.items.len(), files: new.files.len(), changes, trusted_root, written })
}
