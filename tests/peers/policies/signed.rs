//! An image of the stand-in for the internet, its policy, and what cosign puts beside it.

use airgap_bundle::digest::Digest;

use bundle_testing::programs::Programs;
use bundle_testing::tiny::{IMAGE, Tiny, spec};

/// The form of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A layer of the manifest under `sha256-….sig`.
    Tag,
    /// A Sigstore bundle that refers to the image.
    Bundle,
}

/// A small spec whose image must be signed by `theirs`, and is not yet.
pub struct Signed {
    /// The programs.
    pub programs: Programs,
    /// The folder and the stand-in.
    pub tiny: Tiny,
    /// The digest of the image's index.
    pub image: Digest,
    /// The name of the key.
    pub hint: String,
}

impl Signed {
    pub fn new(programs: &[&str]) -> Self {
        let programs = Programs::need(programs);
        let tiny = Tiny::new();
        let key = tiny.stack.keys("theirs");
        let pem = serde_json::Value::from(key.public_key().to_pem());
        tiny.stack.write("tiny.yaml", &spec(&format!("{{key: {{pem: {pem}}}}}")));
        let image = tiny.manifest(IMAGE).descriptor.digest;
        Self { programs, tiny, image, hint: key.public_key().hint() }
    }

    /// Lets cosign sign something of the image's repository.
    pub fn sign(&self, digest: Digest, key: &str, form: Form) {
        let docker = self.tiny.stack.upstream.addresses["docker.io"];
        let name = format!("{docker}/falcosecurity/falco@{digest}");
        let key = format!("{key}.key");
        let mut flags = vec!["sign", "--yes", "--use-signing-config=false", "--tlog-upload=false"];
        flags.extend((form == Form::Tag).then_some("--new-bundle-format=false"));
        flags.extend(["--key", &key, &name]);
        self.programs.run("cosign", self.tiny.stack.folder.path(), &flags).ok();
    }

    /// Returns a manifest of the image's repository below its index.
    pub fn child(&self) -> Digest {
        self.tiny.manifest(IMAGE).document.manifests.expect("an index")[0].digest
    }

    /// Runs a command that is refused, and returns what it said, without what differs between two runs.
    pub fn refused(&self, code: i32) -> String {
        let said = self.tiny.fails(code, self.tiny.lock());
        said.replace(&self.hint, "[theirs]")
    }
}
