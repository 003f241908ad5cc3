//! The programs and files that a stage and the real Gatekeeper need.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use airgap_bundle::spec::Spec;

use crate::support::{Ran, TRIVY_OPERATOR_FILE, project};

/// Where they are; everything that is needed is there.
pub struct Parts {
    /// The folder of the programs.
    pub programs: PathBuf,
    /// The folder of upstream's files, named by SHA-256.
    pub files: PathBuf,
}

impl Parts {
    /// Finds them. Without them there is nothing to show: that is said, and where nobody would read it, it is a failure.
    pub fn find() -> Option<Self> {
        let parts = Self::located();
        let Some(missing) = parts.missing() else { return Some(parts) };
        assert!(env::var("CI").as_deref() != Ok("true"), "the stage tests cannot run: {missing}");
        eprintln!("skipped: the stage tests: {missing}");
        None
    }

    /// Returns the place that `scripts/parts` would use.
    fn located() -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cache = || set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
        let programs = set("BUNDLE_PARTS").or_else(|| Some(cache()?.join("airgap-bundle/parts/bin")));
        let programs = programs.unwrap_or_default();
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
        let spec = project().join("bundles/homelab.yaml");
        let text = std::fs::read_to_string(spec).expect("the shipped spec");
        let spec = Spec::parse(&text, "homelab.yaml").expect("the shipped spec is valid");
        let pinned = spec.files().filter(|file| file.name != "trivy-operator.yaml");
        let files = pinned.filter_map(|file| file.sha256).map(|sha256| self.files.join(sha256.hex()));
        let others = [self.files.join(TRIVY_OPERATOR_FILE), self.gatekeeper()];
        let absent = files.chain(others).find(|path| !path.exists())?;
        Some(format!("`{}` is missing\n\nhint: scripts/parts", absent.display()))
    }

    /// Returns the real Gatekeeper.
    pub fn gatekeeper(&self) -> PathBuf {
        self.programs.join("gatekeeper")
    }
}
