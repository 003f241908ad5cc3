//! The real programs: those that the parts script builds, and Debian's.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{PASSWORD, Ran};

/// Where the real programs are.
#[derive(Debug, Clone)]
pub struct Programs {
    parts: PathBuf,
}

impl Programs {
    /// Finds programs.
    ///
    /// # Panics
    /// When one of them is missing.
    pub fn need(names: &[&str]) -> Self {
        let programs = Self { parts: parts() };
        let missing: Vec<_> = names.iter().filter(|name| programs.path(name).is_none()).copied().collect();
        let parts = programs.parts.display();
        assert!(
            missing.is_empty(),
            "missing: {missing:?}, neither in `{parts}` nor on the PATH\n\nhint: scripts/parts --tier peers"
        );
        programs
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        let search = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.parts.clone()].into_iter().chain(std::env::split_paths(&search));
        folders.map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    /// Returns a command that works in a folder and finds nothing of this machine's configuration.
    pub fn command(&self, name: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.path(name).expect("a program that was found"));
        command.current_dir(folder).env_clear().env("HOME", folder).env("COSIGN_PASSWORD", PASSWORD);
        command
    }

    /// Runs a program to its end.
    pub fn run(&self, name: &str, folder: &Path, arguments: &[&str]) -> Ran {
        self.command(name, folder).args(arguments).output().expect("the program runs").into()
    }
}

/// Returns the folder of upstream's own files, named by SHA-256.
///
/// # Panics
/// When it is missing.
pub fn files() -> PathBuf {
    let files = parts().parent().map(|root| root.join("files")).unwrap_or_default();
    let found = files.is_dir();
    assert!(found, "missing: `{}`, upstream's own files\n\nhint: scripts/parts files", files.display());
    files
}

/// Returns the folder of the programs that are built.
// See: the parts script, which builds into the same folder
pub fn parts() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || from("XDG_CACHE_HOME").or_else(|| Some(from("HOME")?.join(".cache")));
    let default = || cache().map(|cache| cache.join("airgap-bundle/parts/bin"));
    from("BUNDLE_PARTS").or_else(default).unwrap_or_default()
}
