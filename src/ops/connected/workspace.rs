//! A spec and everything beside it on the connected side: its lock, its layers, its platforms, its sites.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::lock::Lock;
use crate::ops::error::OpsError;
use crate::ops::files::{read_bounded, read_text};
use crate::ops::site::read_site;
use crate::output::{OutputError, Place};
use crate::render::is_layer_name;
use crate::spec::{Layers, Site, Spec};

/// How deep folders of layers may go.
const MAX_DEPTH: usize = 8;

/// A spec and what belongs to it.
#[derive(Debug)]
pub struct Workspace {
    /// The spec.
    pub spec: Spec,
    /// Its text.
    pub text: String,
    /// The path of its lock: `x.lock` for `x.yaml`.
    pub lock_path: PathBuf,
    /// The lock, if there is one.
    pub lock: Option<Lock>,
    /// The layers and platforms, by their paths in the bundle.
    pub sources: BTreeMap<String, Vec<u8>>,
    /// The sites that completeness is checked against, with their names.
    pub sites: Vec<(String, Site)>,
    /// Every file that was read, except the lock.
    pub inputs: Vec<PathBuf>,
}

impl Workspace {
    /// Reads a spec and what belongs to it.
    ///
    /// # Errors
    /// When a file cannot be read or has faults.
    pub fn load(path: &Path) -> Result<Self, OpsError> {
        let text = read_text(path)?;
        let spec = Spec::parse(&text, &path.display().to_string())?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let lock_path = path.with_extension("lock");
        let mut inputs = vec![path.to_owned()];
        let sources = read_sources(&spec, folder, &mut inputs)?;
        inputs.extend(spec.sites.iter().map(|site| folder.join(site)));
        let sites =
            spec.sites.iter().map(|site| read_site(&folder.join(site)).map(|read| (site.clone(), read)));
        let sites = sites.collect::<Result<_, _>>()?;
        Ok(Self { lock: read_lock(&lock_path)?, spec, text, lock_path, sources, sites, inputs })
    }

    /// Looks at where the lock is written.
    ///
    /// # Errors
    /// When that is not a regular file or a new name, or an input.
    pub fn lock_place(&self) -> Result<Place, OutputError> {
        Place::file(&self.lock_path)?.unless_one_of(self.inputs.iter().map(PathBuf::as_path))
    }
}

fn read_lock(path: &Path) -> Result<Option<Lock>, OpsError> {
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(Lock::parse(&read_text(path)?, &path.display().to_string())?))
}

/// What was read: by its path in a bundle, and the files that it was read from.
struct Read<'a> {
    content: BTreeMap<String, Vec<u8>>,
    files: &'a mut Vec<PathBuf>,
}

fn read_sources(
    spec: &Spec,
    folder: &Path,
    inputs: &mut Vec<PathBuf>,
) -> Result<BTreeMap<String, Vec<u8>>, OpsError> {
    let mut sources = Read { content: BTreeMap::new(), files: inputs };
    let folders = [("platforms/k3s", &spec.platforms.k3s), ("platforms/talos", &spec.platforms.talos)];
    for (prefix, path) in folders {
        if let Some(path) = path {
            read_folder(&folder.join(path), prefix, MAX_DEPTH, &mut sources)?;
        }
    }
    if let Some(layers) = &spec.layers {
        read_layers(layers, &folder.join(&layers.folder), &mut sources)?;
    }
    Ok(sources.content)
}

/// Reads the layers that a spec names: all of the folder, or each of the named ones, which must be there.
fn read_layers(layers: &Layers, folder: &Path, sources: &mut Read<'_>) -> Result<(), OpsError> {
    if layers.only.is_empty() {
        return read_folder(folder, "layers", MAX_DEPTH, sources);
    }
    for name in &layers.only {
        if !is_layer_name(name) {
            return Err(OpsError::Usage {
                message: format!("`{name}` under `layers` is not the name of a layer"),
                hint: format!("name folders of `{}` such as `10-gatekeeper`", folder.display()),
            });
        }
        read_folder(&folder.join(name), &format!("layers/{name}"), MAX_DEPTH, sources)?;
    }
    Ok(())
}

/// The folder beside a policy that holds the cases of `gator verify`: for authors of the policy, not for the cluster.
const SUITE: &str = "suite";

/// Reads the regular files of a folder; hidden ones stay behind, and so do suites and what links lead to.
fn read_folder(folder: &Path, prefix: &str, depth: usize, sources: &mut Read<'_>) -> Result<(), OpsError> {
    let failed = |source| OpsError::Io { verb: "read", path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Some(name) = entry.file_name().to_str().filter(|name| !name.starts_with('.')).map(str::to_owned)
        else {
            continue;
        };
        let (kind, path) = (entry.file_type().map_err(failed)?, format!("{prefix}/{name}"));
        if kind.is_dir() && depth > 0 && name != SUITE {
            read_folder(&entry.path(), &path, depth - 1, sources)?;
        } else if kind.is_file() {
            sources.content.insert(path, read_bounded(&entry.path())?);
            sources.files.push(entry.path());
        }
    }
    Ok(())
}
