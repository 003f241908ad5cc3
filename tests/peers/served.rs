//! What is served, read by crane, oras, skopeo and cosign.

use std::fs;

use super::read::{entries, sealed};
use bundle_testing::internet::sigstore::{GITHUB, signings};
use bundle_testing::programs::Programs;
use bundle_testing::served::Served;
use bundle_testing::support::{Ran, Stack};

// See: `pushed.rs`
const ATTESTED_AS_IMAGES: [&str; 2] = ["falcosecurity/falcoctl", "falcosecurity/falcosidekick"];
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// A bundle that is served, and the programs that read it.
struct Reading {
    programs: Programs,
    stack: Stack,
    served: Served,
}

impl Reading {
    fn with(names: &[&str]) -> Self {
        let programs = Programs::need(names);
        let stack = sealed();
        let arguments = ["--key", "mine.pub", "--trusted-root", "root.json", "--quiet"];
        let served = Served::start(stack.folder.path(), &arguments);
        Self { programs, stack, served }
    }

    /// Returns the name under which an entry is served.
    fn here(&self, name: &str) -> String {
        let (_, path) = name.split_once('/').expect("a host");
        format!("{}/{path}", self.served.address)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Ran {
        self.programs.run(program, self.stack.folder.path(), arguments)
    }
}

#[test]
fn crane_validates_every_image_and_pulls_every_artifact() {
    let reading = Reading::with(&["crane"]);
    let crane = |arguments: &[&str]| reading.run("crane", arguments).ok();
    for (name, digest) in entries(&reading.stack, "image") {
        let here = reading.here(&name);
        assert_eq!(crane(&["digest", &here]).trim(), digest);
        let whole = !ATTESTED_AS_IMAGES.iter().any(|path| name.contains(path));
        for platform in if whole { &["all"][..] } else { &PLATFORMS } {
            crane(&["validate", "--remote", &here, "--platform", platform]);
        }
        crane(&["pull", "--format", "oci", "--platform", "linux/amd64", &here, "pulled"]);
    }
    for (name, digest) in entries(&reading.stack, "artifact") {
        assert_eq!(crane(&["digest", &reading.here(&name)]).trim(), digest);
    }
    let repositories = crane(&["catalog", &reading.served.address]);
    assert!(repositories.lines().any(|line| line == "falcosecurity/falco"), "{repositories}");
    assert!(crane(&["ls", &reading.here("docker.io/falcosecurity/falco")]).lines().count() > 0);
}

#[test]
fn oras_pulls_every_artifact_and_discovers_every_referrer() {
    let reading = Reading::with(&["oras"]);
    for (name, _) in entries(&reading.stack, "artifact") {
        let here = reading.here(&name);
        reading.run("oras", &["pull", "--plain-http", "-o", "pulled", &here]).ok();
        reading.run("oras", &["manifest", "fetch", "--plain-http", &here]).ok();
    }
    let referrers = entries(&reading.stack, "referrer");
    assert!(!referrers.is_empty());
    let all: Vec<_> =
        ["image", "artifact", "original"].iter().flat_map(|role| entries(&reading.stack, role)).collect();
    let mut found = Vec::new();
    for (name, digest) in &all {
        let repository = reading.here(name.split(['@', ':']).next().expect("a name"));
        for api in ["v1.1-referrers-api", "v1.1-referrers-tag"] {
            let flags = ["discover", "--plain-http", "--distribution-spec", api, "-o", "json"];
            let said = reading.run("oras", &[&flags[..], &[&format!("{repository}@{digest}")]].concat()).ok();
            found.extend(
                referrers
                    .iter()
                    .filter(|(_, digest)| said.contains(digest))
                    .map(|(_, digest)| (api, digest.clone())),
            );
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 2 * referrers.len(), "by either way");
}

#[test]
fn skopeo_inspects_and_copies_what_is_served() {
    let reading = Reading::with(&["skopeo"]);
    for (name, digest) in entries(&reading.stack, "image") {
        let source = format!("docker://{}", reading.here(&name));
        let inspect = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &source];
        assert_eq!(reading.run("skopeo", &inspect).ok().trim(), digest);
    }
    let (name, _) = entries(&reading.stack, "image").remove(0);
    let source = format!("docker://{}", reading.here(&name));
    let flags = ["--insecure-policy", "copy", "--src-tls-verify=false", "--override-os", "linux"];
    let copy = [&flags[..], &["--override-arch", "arm64", &source, "dir:copied"]].concat();
    fs::create_dir(reading.stack.path("copied")).expect("a folder");
    reading.run("skopeo", &copy).ok();
    assert!(reading.stack.path("copied/manifest.json").exists());
}

#[test]
fn cosign_verifies_what_is_served() {
    let reading = Reading::with(&["cosign"]);
    let mut accepted = 0;
    for item in &reading.stack.upstream.published {
        let image = format!("{}/{}@{}", reading.served.address, item.reference.repository(), item.digest);
        for signing in signings(&item.reference) {
            let flags = ["verify", "--offline", "--trusted-root", "root.json", &image];
            let by = ["--certificate-oidc-issuer", GITHUB, "--certificate-identity", &signing.identity];
            reading.run("cosign", &[&flags[..], &by].concat()).ok();
            accepted += 1;
        }
    }
    assert_eq!(accepted, 13, "every signature of the stand-in");
}
