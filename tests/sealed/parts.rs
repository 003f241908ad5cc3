//! The programs and files that a stage and the real Gatekeeper need.

use std::path::{Path, PathBuf};
use std::process::Command;

use bundle_testing::programs::parts;
use bundle_testing::support::{Ran, project};

/// Upstream's own files, of those that the specs pin, that a module proxy serves: Gatekeeper's manifests.
const REAL_FILES: [&str; 2] = [
    "3c178abe6de4dcdcd2810c2945468a0d7a15ccf0036e324b73308643e94d6f72",
    "74b07dcf7d689adf5888ec8220aa8b6f484918151651313ff39b12ce02fe8617",
];
/// The programs that run on a stage, beside its own.
const PROGRAMS: [&str; 4] = ["gatekeeper", "gatekeeper-3.18", "kwok", "trivy-operator"];

/// Where they are; everything that is needed is there.
pub struct Parts {
    /// The folder of the programs.
    pub programs: PathBuf,
    /// The folder of upstream's files, named by SHA-256.
    pub files: PathBuf,
}

impl Parts {
    /// Finds them.
    ///
    /// # Panics
    /// When something is missing, with what builds it.
    pub fn need() -> Self {
        let parts = Self::located();
        if let Some(missing) = parts.missing() {
            panic!("a stage cannot come up: {missing}");
        }
        parts
    }

    /// Returns the place that `scripts/parts` would use.
    fn located() -> Self {
        let programs = parts();
        let files = programs.parent().unwrap_or(Path::new("")).join("files");
        Self { programs, files }
    }

    /// Says what is not there.
    fn missing(&self) -> Option<String> {
        let mut check = Command::new(project().join("tests/stage/stage"));
        let checked: Ran =
            check.arg("check").env("BUNDLE_PARTS", &self.programs).output().expect("it runs").into();
        if checked.code != Some(0) {
            return Some(checked.stderr.trim().to_owned());
        }
        let files = REAL_FILES.iter().map(|sha256| self.files.join(sha256));
        let absent = files.chain(PROGRAMS.map(|name| self.program(name))).find(|path| !path.exists())?;
        Some(format!("`{}` is missing\n\nhint: scripts/parts --tier stage", absent.display()))
    }

    /// Returns the path of a real program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
}
