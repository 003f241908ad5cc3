//! A spec with one image and one artifact: what most faults need, and no more.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;

use airgap_bundle::oci::Manifest;
use airgap_bundle::registry::{Client, Endpoint, Repository};
use airgap_bundle::spec::Spec;

use crate::internet::{Answer, Fault, Front, Options};
use crate::support::Stack;

/// The image: an index of Docker's with two platforms, both in the bundle.
pub const IMAGE: &str = "docker.io/falcosecurity/falco:0.44.1";
/// The artifact: a single manifest.
pub const ARTIFACT: &str = "ghcr.io/falcosecurity/rules/falco-rules:5.1.0";
const PINNED: &str = "{unsigned: {reason: pinned in the lock}}";

/// A folder with a small spec, a stand-in for what it names, and two empty registries.
pub struct Tiny {
    /// The folder and the stand-in.
    pub stack: Stack,
    /// Made once: reading this machine's certificate authorities takes a while.
    client: Client,
}

/// Returns the spec, with a policy for the image.
pub fn spec(policy: &str) -> String {
    format!(
        "apiVersion: bundle/v1alpha1\n\
         kind: Bundle\n\
         metadata: {{name: tiny, version: 1.0.0}}\n\
         targets: [linux/amd64, linux/arm64]\n\
         components:\n\
         \x20 - name: falco\n\
         \x20   images: [{{ref: '{IMAGE}', verify: {policy}}}]\n\
         \x20   artifacts: [{{ref: '{ARTIFACT}', verify: {PINNED}}}]\n"
    )
}

impl Default for Tiny {
    fn default() -> Self {
        Self::new()
    }
}

impl Tiny {
    /// Starts the stand-in.
    pub fn new() -> Self {
        let text = spec(PINNED);
        let parsed = Spec::parse(&text, "tiny.yaml").expect("a spec without faults");
        let stack = Stack::start(|options| Options { spec: parsed, empty: 2, fronts: true, ..options });
        stack.write("tiny.yaml", &text);
        let client = stack.upstream.client().expect("a client");
        Self { stack, client }
    }

    /// Returns the front of a host or of an empty registry.
    pub fn front(&self, name: &str) -> &Front {
        self.stack.upstream.front(name).expect("every registry has a front")
    }

    /// Lays a fault on what is read from GitHub's registry.
    pub fn fault(&self, path: impl ToString, answer: Answer) {
        self.front("ghcr.io").fault(Fault::reading(path, answer));
    }

    /// Returns the artifact's repository, as the stand-in has it.
    pub fn artifacts(&self) -> Repository {
        self.repository(ARTIFACT)
    }

    /// Returns the repository of a reference.
    pub fn repository(&self, reference: &str) -> Repository {
        self.client.upstream(&reference.parse().expect("a reference"))
    }

    /// Returns a repository of the first of the empty registries.
    pub fn target(&self, path: &str) -> Repository {
        let address = self.stack.upstream.empty(1).expect("an empty registry").to_string();
        self.client.repository(Endpoint::new(&address, None, ""), path, path)
    }

    /// Returns a manifest that the stand-in has.
    pub fn manifest(&self, reference: &str) -> Manifest {
        let (_, tag) = reference.rsplit_once(':').expect("a tag");
        let found = self.stack.block_on(self.repository(reference).manifest(tag));
        found.expect("an answer").expect("a manifest")
    }

    /// Runs `bundle lock`; what fails once has failed.
    pub fn lock(&self) -> [&'static str; 6] {
        ["lock", "tiny.yaml", "--registries", "registries.yaml", "--retries", "0"]
    }

    /// Runs `bundle build`, unsigned; what fails once has failed.
    pub fn build(&self) -> [&'static str; 9] {
        let [_, spec, registries, file, retries, none] = self.lock();
        ["build", spec, "-o", "tiny.tar", "--insecure-unsigned", registries, file, retries, none]
    }

    /// Runs a command that has to fail with a code, print no result and leave no file, and returns what it said.
    pub fn fails<'a>(&self, code: i32, arguments: impl IntoIterator<Item = &'a str>) -> String {
        let before = self.files();
        let ran = self.stack.bundle(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{}", ran.stderr);
        assert_eq!(self.files(), before, "a file was left, or a lock was changed");
        self.plain(&ran.stderr)
    }

    /// Returns every file of the folder with its content.
    fn files(&self) -> BTreeSet<(String, Vec<u8>)> {
        let entries =
            fs::read_dir(self.stack.folder.path()).expect("a folder").map(|entry| entry.expect("an entry"));
        let files = entries.filter(|entry| entry.path().is_file());
        files
            .map(|entry| (entry.path().display().to_string(), fs::read(entry.path()).expect("a file")))
            .collect()
    }

    /// Returns a text without what differs between two runs: addresses, and digests, which are numbered as they come.
    pub fn plain(&self, text: &str) -> String {
        let named = |text: String, (name, address): (&String, &SocketAddr)| {
            text.replace(&address.to_string(), &format!("[{name}]"))
        };
        let text = self.stack.upstream.addresses.iter().fold(text.to_owned(), named);
        let digests: Vec<_> =
            text.match_indices("sha256:").filter_map(|(at, _)| text.get(at..at + 71)).collect();
        let mut seen = Vec::new();
        for digest in digests {
            if !seen.contains(&digest.to_owned()) {
                seen.push(digest.to_owned());
            }
        }
        let numbered = |text: String, (place, digest): (usize, &String)| {
            text.replace(digest.as_str(), &format!("[digest {}]", place + 1))
        };
        seen.iter().enumerate().fold(text.clone(), numbered)
    }
}
