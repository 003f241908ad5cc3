//! The real cosign, and a registry for it to ask.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test finds cosign through the environment and says why it is skipped"
)]

use std::path::PathBuf;
use std::process::Command;

use airgap_bundle::registry::oci::{self, Descriptor};
use airgap_bundle::registry::server::{Registry, Running};
use airgap_bundle::registry::{Client, Repository};
use airgap_bundle::spec::{Mirror, Registries};
use tempfile::TempDir;

use super::super::front::{Answer, Fault, Front};
use super::{SignedManifest, Subject};

const REFERENCE: &str = "docker.io/falcosecurity/falco:0.44.1";

/// Cosign, a registry with something to sign, and a folder for cosign.
pub(super) struct Peer {
    program: PathBuf,
    folder: TempDir,
    repository: Repository,
    front: Front,
    _running: Running,
    /// What there is to sign.
    pub(super) subject: Subject,
}

/// What cosign said, and whether it was yes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) accepted: bool,
    pub(super) text: String,
}

/// Returns nothing where cosign is not built, except on CI.
// See: the parts script, which builds it
pub(super) fn cosign() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || from("XDG_CACHE_HOME").or_else(|| Some(from("HOME")?.join(".cache")));
    let parts = from("BUNDLE_PARTS").or_else(|| Some(cache()?.join("airgap-bundle/parts/bin")));
    let program = parts.unwrap_or_default().join("cosign");
    if program.is_file() {
        return Some(program);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "no `{}`", program.display());
    eprintln!("skipped: no `{}`", program.display());
    None
}

impl Peer {
    /// Starts a registry; nothing where cosign is not built.
    pub(super) async fn new() -> Option<Self> {
        let program = cosign()?;
        let running = Registry::writable().spawn().await.expect("a port");
        let front = Front::start(running.address).await.expect("a port");
        let mirror =
            Mirror { host: front.address.to_string(), prefix: String::new(), plain_http: Some(true) };
        let mirrors = [("docker.io".to_owned(), mirror)].into();
        let client = Client::new(Registries { mirrors, files: None }).expect("a client");
        let repository = client.upstream(&REFERENCE.parse().expect("a reference"));
        let image =
            br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
        let descriptor = Descriptor::of(oci::INDEX, image);
        repository.put_manifest("1", oci::INDEX, image.as_slice().into()).await.expect("it is taken");
        let subject = Subject { descriptor, repository: "index.docker.io/falcosecurity/falco".to_owned() };
        let folder = TempDir::new().expect("a folder");
        Some(Self { program, folder, repository, front, _running: running, subject })
    }

    /// Pushes a signature.
    pub(super) async fn push(&self, manifest: &SignedManifest) {
        manifest.push(&self.repository, &self.subject.descriptor.digest).await.expect("it is taken");
    }

    /// Takes the referrers API away.
    pub(super) fn without_referrers(&self) {
        self.front.fault(Fault::reading("/referrers/", Answer::Status(404)));
    }

    /// Asks cosign about the subject, without network, under a trusted root.
    pub(super) async fn verify(&self, trusted_root: &str, identity: &str) -> Said {
        let image = format!("{}/falcosecurity/falco@{}", self.front.address, self.subject.descriptor.digest);
        verify(&self.program, &self.folder, trusted_root, identity, &image).await
    }
}

/// Asks cosign about an image.
pub(super) async fn verify(
    program: &PathBuf,
    folder: &TempDir,
    trusted_root: &str,
    identity: &str,
    image: &str,
) -> Said {
    let root = folder.path().join("trusted_root.json");
    std::fs::write(&root, trusted_root).expect("a file");
    let mut command = Command::new(program);
    command.args(["verify", "--offline", "--certificate-identity", identity]);
    command.args(["--certificate-oidc-issuer", super::GITHUB, image, "--trusted-root"]).arg(&root);
    command.current_dir(folder.path()).env_clear().env("HOME", folder.path());
    // The registry answers from this process, on the same threads.
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
    let output = output.expect("cosign runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Said { accepted: output.status.success(), text }
}
