//! What most tests need: a copy of the shipped specs, a stand-in for the internet, a key pair, and the program itself.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

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

/// The files of upstream that have a stand-in.
const UPSTREAM: [&str; 2] = ["gatekeeper.yaml", "trivy-operator.yaml"];
/// Upstream's file of Trivy Operator 0.29.0, which is in its Go module; 0.32.0 differs in labels, rights and one list of kinds.
pub const TRIVY_OPERATOR_FILE: &str = "36f86630ff1c04f1f62c3b47cfcec4e821fe8e2bfca79ad4fcad1793db5d695c";

/// The password of every key that tests make.
pub const PASSWORD: &str = "correct horse";

/// A folder with the shipped spec and what belongs to it, and a stand-in for the internet.
pub struct Stack {
    /// The folder; everything that the tests write lies in it.
    pub folder: TempDir,
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
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Stack {
    /// Starts a stand-in for what the homelab's spec names, with a front before every registry, and two empty registries.
    pub fn homelab() -> Self {
        Self::start(|options| Options { empty: 2, fronts: true, sign: true, ..options })
    }

    /// Starts a stand-in with options.
    pub fn start(choose: impl FnOnce(Options) -> Options) -> Self {
        let folder = shipped();
        let files = folder.path().join("files");
        let spec = folder.path().join("bundles/homelab.yaml");
        UPSTREAM.iter().for_each(|name| replace_file(&spec, name, &files));
        Self::serve(folder, files, choose)
    }

    /// Starts a stand-in for the shipped spec, where its real files can be had: in a folder, named by SHA-256. Of Trivy Operator
    /// it takes the file of the version whose program can be had.
    pub fn with_files(files: PathBuf, choose: impl FnOnce(Options) -> Options) -> Self {
        let folder = shipped();
        pin(&folder.path().join("bundles/homelab.yaml"), "trivy-operator.yaml", TRIVY_OPERATOR_FILE);
        Self::serve(folder, files, choose)
    }

    fn serve(folder: TempDir, files: PathBuf, choose: impl FnOnce(Options) -> Options) -> Self {
        let text = fs::read_to_string(folder.path().join("bundles/homelab.yaml")).expect("the spec");
        let spec = Spec::parse(&text, "homelab.yaml").expect("the shipped spec is valid");
        let runtime = Arc::new(Runtime::new().expect("threads"));
        let options = choose(Options { files: Some(files), ..Options::of(spec) });
        let upstream = runtime.block_on(start(&options)).expect("a stand-in for the internet");
        let stack = Self { folder, upstream, runtime };
        stack.write("registries.yaml", &stack.upstream.registries_text());
        stack.write(ROOT, &Sigstore::new().trusted_root());
        stack
    }

    /// Returns a path below the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the folder.
    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
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
        let mut all: Vec<_> =
            arguments.into_iter().map(|argument| argument.as_ref().to_os_string()).collect();
        let judges = all.first().is_some_and(|command| JUDGES.iter().any(|judge| command == judge));
        if judges && !all.iter().any(|argument| argument == "--trusted-root") {
            all.extend(["--trusted-root", ROOT].map(Into::into));
        }
        bundle(self.folder.path(), all)
    }

    /// Builds the homelab's bundle as `FILE`, signed with `NAME.key`, and returns its path.
    pub fn build(&self, file: &str, key: &str) -> PathBuf {
        let (key, jobs) = (format!("{key}.key"), "8");
        self.bundle([
            "build",
            "bundles/homelab.yaml",
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_bundle"));
    command
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("COSIGN_PASSWORD", PASSWORD)
        .env("HOME", folder);
    command.output().expect("the program runs").into()
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

/// Puts the stand-in for a manifest of upstream in the place of the real one, which not every machine can have.
fn replace_file(spec: &Path, name: &str, files: &Path) {
    let standin = fs::read(project().join("tests/upstream").join(name)).expect("the stand-in");
    let digest = Digest::of(&standin).hex();
    fs::create_dir_all(files).expect("a folder");
    fs::write(files.join(&digest), standin).expect("a file");
    pin(spec, name, &digest);
}

/// Pins a file of a spec to other content.
fn pin(spec: &Path, name: &str, digest: &str) {
    let text = fs::read_to_string(spec).expect("the spec");
    let (before, rest) = text.split_once(&format!("- name: {name}\n")).expect("a file of the spec");
    let real = rest.split("sha256: ").nth(1).and_then(|rest| rest.split_whitespace().next());
    let rest = rest.replacen(real.expect("a pinned file"), digest, 1);
    fs::write(spec, format!("{before}- name: {name}\n{rest}")).expect("a file");
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
