//! The real cosign, and a registry for it to ask.
use std::path::PathBuf;

use airgap_bundle::oci::{self, Descriptor};
use airgap_bundle::registry::{Client, Repository};
use airgap_bundle::server::{Registry, Running};
use airgap_bundle::spec::{Mirror, Registries};
use bundle_testing::internet::sigstore::{GITHUB, SignedManifest, Subject};
use bundle_testing::internet::{Answer, Fault, Front};
use bundle_testing::programs::Programs;
use tempfile::TempDir;

const REFERENCE: &str = "docker.io/falcosecurity/falco:0.44.1";
const IMAGE: &str =
    r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;

/// The real cosign, with a folder as its home.
pub(super) struct Cosign {
    programs: Programs,
    folder: TempDir,
}

impl Cosign {
    pub(super) fn new() -> Self {
        Self { programs: Programs::need(&["cosign"]), folder: TempDir::new().expect("a folder") }
    }

    /// Writes a file into cosign's folder.
    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    }

    /// Returns what cosign says about a signature over bytes, by whom the flags name.
    pub(super) fn verify_blob(
        &self,
        trusted_root: &str,
        bundle: &str,
        bytes: &[u8],
        by: &[&str],
    ) -> Result<(), String> {
        let (root, bundle) = (self.write("root.json", trusted_root), self.write("bundle.json", bundle));
        let mut command = self.programs.command("cosign", self.folder.path());
        command.arg("verify-blob").args(by).arg("--trusted-root").arg(root).arg("--bundle").arg(bundle);
        command.arg(self.write("blob", bytes));
        let output = command.output().expect("cosign runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() && said.contains("Verified OK") { Ok(()) } else { Err(said) }
    }

    /// Returns what cosign says about an image, as a yes or a no.
    pub(super) async fn verify(
        &self,
        trusted_root: &str,
        identity: &str,
        image: &str,
    ) -> Result<String, String> {
        self.ask(&["verify"], trusted_root, identity, image).await
    }

    async fn ask(
        &self,
        command_line: &[&str],
        trusted_root: &str,
        identity: &str,
        image: &str,
    ) -> Result<String, String> {
        let root = self.folder.path().join("trusted_root.json");
        std::fs::write(&root, trusted_root).expect("a file");
        let mut command = self.programs.command("cosign", self.folder.path());
        command.args(command_line).args(["--offline", "--certificate-identity", identity]);
        command.args(["--certificate-oidc-issuer", GITHUB, image, "--trusted-root"]).arg(&root);
        // The registry answers from this process and must not wait for cosign.
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
        let output = output.expect("cosign runs");
        let said = String::from_utf8_lossy(&output.stderr).replace(image, "IMAGE");
        if output.status.success() { Ok(after(&said, "\n\n")) } else { Err(after(&said, "Error: ")) }
    }
}

/// Returns what stands after the first such part, without what cosign repeats below it.
fn after(said: &str, part: &str) -> String {
    let (_, rest) = said.split_once(part).unwrap_or(("", said));
    rest.split("\nerror during command execution").next().unwrap_or(rest).trim().to_owned()
}

/// Cosign, and a registry with something to sign.
pub(super) struct Peer {
    cosign: Cosign,
    repository: Repository,
    front: Front,
    _running: Running,
    /// What there is to sign.
    pub(super) subject: Subject,
}

impl Peer {
    /// Starts a registry.
    pub(super) async fn new() -> Self {
        let cosign = Cosign::new();
        let running = Registry::writable().spawn().await.expect("a port");
        let front = Front::start(running.address).await.expect("a port");
        let mirror = Mirror { host: front.address.to_string(), plain_http: Some(true), ..Mirror::default() };
        let mirrors = [("docker.io".to_owned(), mirror)].into();
        let client = Client::new(Registries { mirrors, files: None }).expect("a client");
        let repository = client.upstream(&REFERENCE.parse().expect("a reference"));
        repository.put_manifest("1", oci::INDEX, IMAGE.into()).await.expect("it is taken");
        let subject = Subject {
            descriptor: Descriptor::of(oci::INDEX, IMAGE.as_bytes()),
            repository: "index.docker.io/falcosecurity/falco".to_owned(),
        };
        Self { cosign, repository, front, _running: running, subject }
    }

    /// Pushes a signature.
    pub(super) async fn push(&self, manifest: &SignedManifest) {
        manifest.push(&self.repository, &self.subject.descriptor.digest).await.expect("it is taken");
    }

    /// Takes the referrers API away.
    pub(super) fn without_referrers(&self) {
        self.front.fault(Fault::reading("/referrers/", Answer::Status(404)));
    }

    /// Returns what cosign says about the subject.
    pub(super) async fn verify(&self, trusted_root: &str, identity: &str) -> Result<String, String> {
        let image = format!("{}/falcosecurity/falco@{}", self.front.address, self.subject.descriptor.digest);
        self.cosign.verify(trusted_root, identity, &image).await
    }

    /// Returns what cosign says about the subject's provenance, in its older form.
    pub(super) async fn verify_attestation(
        &self,
        trusted_root: &str,
        identity: &str,
    ) -> Result<String, String> {
        let image = format!("{}/falcosecurity/falco@{}", self.front.address, self.subject.descriptor.digest);
        let asked = ["verify-attestation", "--type", "slsaprovenance1", "--new-bundle-format=false"];
        self.cosign.ask(&asked, trusted_root, identity, &image).await
    }
}
