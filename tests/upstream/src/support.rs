//! What most tests need: a copy of the shipped specs, a stand-in for the internet, a key pair, and the program itself.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock};

use airgap_bundle::digest::Digest;
use airgap_bundle::spec::Spec;
use airgap_bundle::trust::SigningKey;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::internet::sigstore::Sigstore;
use crate::internet::{Options, Upstream, start};

/// The trusted root of the stand-in's Sigstore, in the folder of a stack.
const ROOT: &str = "root.json";
/// The commands that judge signatures.
const JUDGES: [&str; 9] =
    ["lock", "build", "verify", "extract", "push", "serve", "render", "install", "probe"];

/// Trivy Operator 0.29.0's own `deploy/static/trivy-operator.yaml`: no proxy serves the module of a later version.
const TRIVY_OPERATOR_0_29: &str = "36f86630ff1c04f1f62c3b47cfcec4e821fe8e2bfca79ad4fcad1793db5d695c";

/// The password of every key that tests make.
pub const PASSWORD: &str = "correct horse";

/// A folder with the shipped spec and what belongs to it, and a stand-in for the internet.
pub struct Stack {
    /// The folder; everything that the tests write is in it.
    pub folder: TempDir,
    /// The name of the spec.
    pub name: &'static str,
    /// The stand-in for the internet.
    pub upstream: Upstream,
    /// What the stand-in runs on. It is dropped last.
    runtime: Arc<Runtime>,
}

/// What a program printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Ran {
    /// Returns standard output of a program that had to succeed.
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }
}

/// Returns the folder of the project.
pub fn project() -> &'static Path {
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        here.ancestors().nth(2).expect("tests/upstream is two folders down").to_owned()
    });
    &ROOT
}

/// Returns the path of `bundle`, as cargo says it to the integration tests that it runs.
///
/// # Panics
/// In a test that cargo did not start.
#[must_use]
pub fn program() -> &'static str {
    static PROGRAM: LazyLock<String> = LazyLock::new(|| {
        std::env::var("CARGO_BIN_EXE_bundle")
            .expect("`cargo test` says where the program is: run the tests with it")
    });
    &PROGRAM
}

impl Stack {
    /// Starts a stand-in for what the homelab's spec names, with a front before every registry, and two empty registries.
    pub fn homelab() -> Self {
        Self::start(|options| Options { empty: 2, fronts: true, sign: true, ..options })
    }

    /// Starts a stand-in for what the homelab's spec names, with options.
    pub fn start(choose: impl FnOnce(Options) -> Options) -> Self {
        Self::of("homelab", None, choose)
    }

    /// Starts a stand-in for what a shipped spec names, with real files of upstream from a folder, where there is one.
    pub fn of(name: &'static str, real: Option<&Path>, choose: impl FnOnce(Options) -> Options) -> Self {
        let folder = shipped();
        let (path, files) = (folder.path().join(format!("bundles/{name}.yaml")), folder.path().join("files"));
        lay_files(&path, real, &files);
        let text = fs::read_to_string(&path).expect("the spec");
        let spec = Spec::parse(&text, name).expect("the shipped spec is valid");
        let runtime = Arc::new(Runtime::new().expect("threads"));
        let options = choose(Options { files: Some(files), ..Options::of(spec) });
        let upstream = runtime.block_on(start(&options)).expect("a stand-in for the internet");
        let stack = Self { folder, name, upstream, runtime };
        stack.write("registries.yaml", &stack.upstream.registries_text());
        stack.write(ROOT, &Sigstore::new().trusted_root());
        stack
    }

    /// Returns a path below the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the folder, with the folders before it.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    /// Makes a key pair `NAME.key`, `NAME.pub`.
    pub fn keys(&self, name: &str) -> SigningKey {
        let key = SigningKey::generate().expect("a key");
        self.write(&format!("{name}.key"), &key.to_pem(PASSWORD.as_bytes()).expect("a key file"));
        self.write(&format!("{name}.pub"), &key.public_key().to_pem());
        key
    }

    /// Runs `bundle` in the folder, with the trusted root of the stand-in's Sigstore where the command takes one.
    pub fn bundle<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        bundle(self.folder.path(), self.judging(arguments))
    }

    /// Returns the arguments, with that trusted root where the command takes one.
    pub fn judging<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Vec<OsString> {
        let mut all: Vec<_> =
            arguments.into_iter().map(|argument| argument.as_ref().to_os_string()).collect();
        let judges = all.first().is_some_and(|command| JUDGES.iter().any(|judge| command == judge));
        if judges && !all.iter().any(|argument| argument == "--trusted-root") {
            all.extend(["--trusted-root", ROOT].map(Into::into));
        }
        all
    }

    /// Builds the spec's bundle as `FILE`, signed with `NAME.key`, and returns its path.
    pub fn build(&self, file: &str, key: &str) -> PathBuf {
        let (spec, key, jobs) = (format!("bundles/{}.yaml", self.name), format!("{key}.key"), "8");
        self.bundle([
            "build",
            &spec,
            "-o",
            file,
            "--key",
            &key,
            "--registries",
            "registries.yaml",
            "--jobs",
            jobs,
        ])
        .ok();
        self.path(file)
    }

    /// Runs something against the stand-in's own runtime.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// Runs `bundle` in a folder, with nothing of this machine's in its environment.
pub fn bundle<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Ran {
    bundle_command(folder, arguments).output().expect("the program runs").into()
}

/// Returns the command that runs it in this way.
pub fn bundle_command<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(crate::support::program());
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COSIGN_PASSWORD", PASSWORD)
        .env("HOME", folder);
    command
}

/// Returns a folder with a copy of what is shipped, but for the locks: what a stand-in publishes has digests of its own.
fn shipped() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for part in ["bundles", "manifests", "k3s", "talos"] {
        copy(&project().join(part), &folder.path().join(part));
    }
    fs::remove_file(folder.path().join("bundles/homelab.lock")).ok();
    folder
}

/// Puts every pinned file of a spec into a folder, named by SHA-256: the real one if scripts/parts can have it. Else another version's
/// (Trivy Operator's newest that a module proxy serves, also on a machine that has the one that is pinned, for all must see the same), or a
/// small stand-in, takes its place, and the spec pins that.
fn lay_files(spec: &Path, real: Option<&Path>, folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    let mut text = fs::read_to_string(spec).expect("the spec");
    let parsed = Spec::parse(&text, "the spec").expect("the shipped spec is valid");
    for file in parsed.files() {
        let Some(pinned) = file.sha256.map(|sha256| sha256.hex()) else { continue };
        let another = (file.name == "trivy-operator.yaml").then(|| TRIVY_OPERATOR_0_29.to_owned());
        let candidates = [another, Some(pinned.clone())].into_iter().flatten();
        let found = real.and_then(|real| candidates.map(|name| real.join(name)).find(|path| path.exists()));
        let standin = || standin_file(&parsed, &file.name);
        let bytes = found.map_or_else(standin, |path| fs::read(path).expect("a file of upstream"));
        let digest = Digest::of(&bytes).hex();
        fs::write(folder.join(&digest), bytes).expect("a file");
        text = text.replace(&pinned, &digest);
    }
    fs::write(spec, text).expect("a file");
}

/// Returns the small stand-in for a file of upstream, with the images of the version that the spec names.
fn standin_file(spec: &Spec, name: &str) -> Vec<u8> {
    let path = project().join("tests/upstream/files").join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let gatekeeper = spec.components.iter().find(|component| component.name == "gatekeeper");
    let version = gatekeeper.and_then(|component| component.version.as_deref());
    text.replace("gatekeeper:v3.23.1", &format!("gatekeeper:{}", version.unwrap_or("v3.23.1"))).into_bytes()
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
