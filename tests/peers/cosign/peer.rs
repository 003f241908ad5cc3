//! The real cosign and crane, a folder for them to work in, and a real registry.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use airgap_bundle::digest::Digest;
use airgap_bundle::oci::{Descriptor, Evidence, Manifest};
use airgap_bundle::trust::{SignatureImage, SigningKey};
use serde_json::json;
use tempfile::TempDir;

use bundle_testing::programs::Programs;
use bundle_testing::support::PASSWORD;

/// The flags that keep cosign away from logs and from questions.
pub(super) const NO_LOG: [&str; 3] = ["--yes", "--use-signing-config=false", "--tlog-upload=false"];

/// A folder to work in, and the real programs.
pub(super) struct Peer {
    programs: Programs,
    folder: TempDir,
}

impl Peer {
    pub(super) fn new() -> Self {
        Self { programs: Programs::need(&["cosign", "crane"]), folder: TempDir::new().unwrap() }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    pub(super) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.programs.command(program, self.folder.path());
        command.args(arguments);
        command
    }

    /// Runs a program that has to succeed, and returns what it wrote to stdout.
    pub(super) fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.command(program, arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
        output.stdout
    }

    /// Runs a program that has to fail, and returns what it wrote to stderr.
    pub(super) fn refused(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program, arguments).output().unwrap();
        assert!(!output.status.success(), "{program} {arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Makes a key pair with cosign, as `cosign.key` and `cosign.pub`.
    pub(super) fn cosigns_key(&self) -> SigningKey {
        self.run("cosign", &["generate-key-pair"]);
        let text = fs::read_to_string(self.path("cosign.key")).unwrap();
        SigningKey::from_pem(&text, PASSWORD.as_bytes()).unwrap()
    }

    /// Makes a key pair with our code, as `ours.key` and `ours.pub`.
    pub(super) fn our_key(&self) -> SigningKey {
        let key = SigningKey::generate().unwrap();
        self.write("ours.key", key.to_pem(PASSWORD.as_bytes()).unwrap());
        self.write("ours.pub", key.public_key().to_pem());
        key
    }
}

/// A real registry on a free port of the loopback address, ended when it is dropped.
pub(super) struct Registry<'a> {
    peer: &'a Peer,
    process: Child,
    port: String,
}

impl<'a> Registry<'a> {
    pub(super) fn start(peer: &'a Peer) -> Self {
        let arguments = ["registry", "serve", "--address", "127.0.0.1:0"];
        let mut process = peer.command("crane", &arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut line = String::new();
        log.read_line(&mut line).unwrap();
        // The rest of the log must be read, or the registry stops at a full pipe.
        std::thread::spawn(move || log.read_to_end(&mut Vec::new()));
        let port = line.trim().rsplit(' ').next().unwrap().to_owned();
        Self { peer, process, port }
    }

    pub(super) fn reference(&self, suffix: &str) -> String {
        format!("127.0.0.1:{}/image{suffix}", self.port)
    }

    /// Puts a small image into the registry and returns its digest.
    pub(super) fn image(&self) -> Digest {
        let layer = self.peer.write("layer.tar", [0; 1024]);
        let name = self.reference(":1");
        self.peer.run("crane", &["append", "-f", layer.to_str().unwrap(), "-t", &name]);
        String::from_utf8(self.peer.run("crane", &["digest", &name])).unwrap().trim().parse().unwrap()
    }

    /// Reads a manifest with its blobs.
    pub(super) fn stored(&self, suffix: &str) -> Evidence {
        let manifest = Manifest::parse(self.manifest(suffix).into(), None).unwrap();
        let blob = |blob: &Descriptor| {
            let name = self.reference(&format!("@{}", blob.digest));
            (blob.digest, self.peer.run("crane", &["blob", &name]).into())
        };
        let blobs = manifest.document.blobs().map(blob).collect();
        Evidence { tag: suffix.strip_prefix(':').map(str::to_owned), manifest, blobs }
    }

    fn manifest(&self, suffix: &str) -> Vec<u8> {
        let mut bytes = self.peer.run("crane", &["manifest", &self.reference(suffix)]);
        // Crane ends what it prints with a line break of its own.
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        bytes
    }

    /// Reads the referrers from the tag that stands in for the referrers API.
    pub(super) fn referrers(&self, subject: Digest) -> Vec<Evidence> {
        let index = self.manifest(&format!(":sha256-{}", subject.hex()));
        let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
        let entries = index["manifests"].as_array().unwrap();
        entries.iter().map(|entry| self.stored(&format!("@{}", entry["digest"].as_str().unwrap()))).collect()
    }

    pub(super) fn push(&self, signature: &SignatureImage) {
        let layout = self.peer.path("layout");
        write_layout(&layout, signature);
        let name = self.reference(&format!(":{}", signature.tag()));
        self.peer.run("crane", &["push", layout.to_str().unwrap(), &name]);
    }
}

impl Drop for Registry<'_> {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Writes an image layout that holds the signature's manifest and its blobs.
fn write_layout(folder: &Path, signature: &SignatureImage) {
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    let manifest = &signature.manifest;
    fs::write(blobs.join(manifest.descriptor.digest.hex()), &manifest.bytes).unwrap();
    for blob in [&signature.config, &signature.payload] {
        fs::write(blobs.join(blob.descriptor.digest.hex()), &blob.bytes).unwrap();
    }
    let index = json!({ "schemaVersion": 2, "manifests": [manifest.descriptor] });
    fs::write(folder.join("index.json"), index.to_string()).unwrap();
    fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
}
