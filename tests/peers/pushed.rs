//! What is pushed, read back by crane and cosign from three kinds of registries.

use std::fs;
use std::path::Path;

use super::read::{entries, sealed};
use super::registry::Registry;
use bundle_testing::programs::Programs;
use bundle_testing::support::Stack;

// crane 0.22.1 takes every child of an index for an image, and BuildKit's older attestations look like one, but for their
// layers, which are no archives: it cannot validate the index as a whole. Their platforms are validated one by one.
// See: BuildKit docs/attestations/attestation-storage.md
const ATTESTED_AS_IMAGES: [&str; 2] = ["falcosecurity/falcoctl", "falcosecurity/falcosidekick"];
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

#[test]
fn what_docker_registry_took_is_valid_signed_and_found() {
    let programs = Programs::need(&["cosign", "crane", "docker-registry"]);
    let stack = sealed();
    let registry = Registry::docker(&programs, stack.folder.path());
    Pushed::new(&programs, &stack, &registry.address).check();
}

#[test]
fn what_cranes_registry_took_is_valid_signed_and_found() {
    let programs = Programs::need(&["cosign", "crane"]);
    let stack = sealed();
    let registry = Registry::crane(&programs, stack.folder.path());
    Pushed::new(&programs, &stack, &registry.address).check();
}

#[test]
fn what_the_embedded_registry_took_is_valid_signed_and_found() {
    let programs = Programs::need(&["cosign", "crane"]);
    let stack = sealed();
    let address = stack.upstream.empty(1).expect("an empty registry").to_string();
    Pushed::new(&programs, &stack, &address).check();
}

/// A bundle in a registry.
struct Pushed<'a> {
    programs: &'a Programs,
    stack: &'a Stack,
    address: &'a str,
}

impl<'a> Pushed<'a> {
    fn new(programs: &'a Programs, stack: &'a Stack, address: &'a str) -> Self {
        stack.bundle(["push", "b.tar", address, "--key", "mine.pub"]).ok();
        Self { programs, stack, address }
    }

    fn check(&self) {
        let images = entries(self.stack, "image");
        assert_eq!(images.len(), 9);
        images.iter().for_each(|(name, _)| self.is_valid(name));
        let artifacts = entries(self.stack, "artifact");
        for (name, digest) in images.iter().chain(&artifacts) {
            assert_eq!(self.crane(&["digest", &self.here(name)]).trim(), digest, "{name}");
        }
        self.subsets_are_signed(&images);
        self.rendered_references_are_found();
    }

    /// Returns the name under which the registry has an entry.
    fn here(&self, name: &str) -> String {
        let (_, path) = name.split_once('/').expect("a host");
        format!("{}/{path}", self.address)
    }

    fn crane(&self, arguments: &[&str]) -> String {
        self.programs.run("crane", self.stack.folder.path(), arguments).ok()
    }

    fn is_valid(&self, name: &str) {
        let here = self.here(name);
        let whole = !ATTESTED_AS_IMAGES.iter().any(|path| name.contains(path));
        let platforms: &[&str] = if whole { &["all"] } else { &PLATFORMS };
        for platform in platforms {
            self.crane(&["validate", "--remote", &here, "--platform", platform]);
        }
    }

    /// An original index that was not pushed was replaced by a subset, which carries the bundle's signature.
    fn subsets_are_signed(&self, images: &[(String, String)]) {
        let originals = entries(self.stack, "original");
        let repository = |name: &str| name.split(['@', ':']).next().expect("a name").to_owned();
        let cut = |(name, _): &&(String, String)| {
            originals.iter().any(|(original, _)| repository(original) == repository(name))
        };
        let subsets: Vec<_> = images.iter().filter(cut).collect();
        assert_eq!(subsets.len(), originals.len());
        assert!(!subsets.is_empty());
        for (name, digest) in subsets {
            let subset = format!("{}@{digest}", self.here(&repository(name)));
            let flags = ["verify", "--key", "mine.pub", "--insecure-ignore-tlog", &subset];
            let said = self.programs.run("cosign", self.stack.folder.path(), &flags).ok();
            assert!(said.contains(digest.as_str()), "{said}");
        }
    }

    fn rendered_references_are_found(&self) {
        let references = self.rendered();
        assert!(!references.is_empty());
        for reference in references {
            let (_, digest) = reference.split_once('@').expect("a digest");
            assert_eq!(self.crane(&["digest", &reference]).trim(), digest);
            assert!(self.crane(&["manifest", &reference]).contains("\"schemaVersion\":2"));
        }
    }

    /// Returns the references that a site with this registry renders.
    fn rendered(&self) -> Vec<String> {
        let site = fs::read_to_string(self.stack.path("bundles/sites/homelab.yaml")).expect("a site");
        let port = self.address.rsplit_once(':').expect("a port").1;
        // Pods would find no registry at the loopback address; no pod runs here.
        let address = format!("{}\n  podAddress: 10.0.0.5:{port}", self.address);
        let rewritten =
            site.replace("registry.lan:5000", &address).replace("images: mirror", "images: rewrite");
        self.stack.write("site.yaml", &rewritten);
        let arguments = ["--key", "mine.pub", "--site", "site.yaml", "--platform", "k3s", "-o", "rendered"];
        self.stack.bundle(["render", "b.tar"].into_iter().chain(arguments)).ok();
        let mut found = Vec::new();
        find_references(&self.stack.path("rendered"), &format!("{}/", self.address), &mut found);
        found
    }
}

/// Finds the pinned references in the files of a folder.
fn find_references(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find_references(&path, prefix, found);
        } else {
            let text = fs::read_to_string(&path).expect("a text");
            let words = text.split(|letter: char| letter.is_whitespace() || "\"'".contains(letter));
            found.extend(
                words.filter(|word| word.starts_with(prefix) && word.contains('@')).map(str::to_owned),
            );
        }
    }
}
