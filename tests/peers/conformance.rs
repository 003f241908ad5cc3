//! The conformance test of the OCI distribution spec itself, against what is served and against the registry that tests push to.

use std::path::Path;

use airgap_bundle::digest::Digest;
use airgap_bundle::oci::Descriptor;
use airgap_bundle::server::Registry;
use tempfile::TempDir;

use bundle_testing::made::{Made, noise};
use bundle_testing::programs::Programs;
use bundle_testing::served::Served;
use bundle_testing::support::Ran;

/// What our registry does not allow: deleting. A digest of another algorithm is well-formed there, and never held.
const NEVER: [(&str, &str); 4] = [
    ("OCI_API_BLOBS_DELETE", "false"),
    ("OCI_API_MANIFESTS_DELETE", "false"),
    ("OCI_API_TAGS_DELETE", "false"),
    ("OCI_DATA_SHA512", "false"),
];

/// Returns the lines of the verdict that are about something that was tried, each as `NAME: VERDICT`, and everything that was said.
fn verdict(programs: &Programs, folder: &Path, address: &str, settings: &[(&str, &str)]) -> (String, String) {
    let mut command = programs.command("oci-conformance", folder);
    command.env("OCI_REGISTRY", address).env("OCI_TLS", "disabled").env("OCI_VERSION", "1.1");
    command.envs(NEVER.iter().chain(settings).copied());
    // Its exit code is not looked at: of a read-only registry it prints the verdict, and crashes when it writes that into a file.
    let ran: Ran = command.output().expect("the program runs").into();
    let lines = ran.stdout.lines().skip_while(|line| !line.starts_with("OCI Conformance Result: "));
    let tried = lines.filter_map(|line| {
        let (name, verdict) = line.split_once(':')?;
        let verdict = verdict.trim();
        let told =
            ["Pass", "FAIL", "Error", "Skip", "Unknown"].contains(&verdict) || verdict.parse::<u32>().is_ok();
        told.then(|| format!("{}: {verdict}\n", name.trim_matches(['.', ' '])))
    });
    (tried.collect(), format!("{}\n{}", ran.stdout, ran.stderr))
}

fn list<'a>(all: impl IntoIterator<Item = &'a Descriptor>) -> String {
    all.into_iter().map(|one| one.digest.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_served_conforms() {
    let programs = Programs::need(&["oci-conformance"]);
    let (folder, mut made) = (TempDir::new().expect("a folder"), Made::default());
    let layers = [noise(100_000), noise(10)];
    let mut image = |tag: &str, layer| made.image(&format!("docker.io/acme/app:{tag}"), layer);
    let images = [image("1", &layers[0]), image("2", &layers[1])];
    let index = made.index("docker.io/acme/app:both", &[&images[0], &images[1]]);
    let note: (&str, &[u8]) = ("text/plain", b"a note");
    let artifact = made.artifact("docker.io/acme/app:notes", "application/vnd.acme.notes", &[note]);
    let referrers = ["application/vnd.acme.one", "application/vnd.acme.two"]
        .map(|kind| made.referrer("docker.io/acme/app", kind, &images[0]));
    made.write(folder.path());
    let served = Served::start(folder.path(), &["--insecure-unsigned", "--quiet"]);
    let manifests = list(images.iter().chain([&index, &artifact]).chain(&referrers));
    let blobs = layers.each_ref().map(|layer| Digest::of(layer).to_string()).join(" ");
    let settings = [
        ("OCI_REPO1", "acme/app"),
        ("OCI_API_PUSH", "false"),
        ("OCI_RO_DATA_TAGS", "1 2 both notes"),
        ("OCI_RO_DATA_MANIFESTS", &manifests),
        ("OCI_RO_DATA_BLOBS", &blobs),
        ("OCI_RO_DATA_REFERRERS", &images[0].digest.to_string()),
    ];
    let (verdict, said) = verdict(&programs, folder.path(), &served.address, &settings);
    eprintln!("{said}");
    insta::assert_snapshot!(verdict, @r"
        OCI Conformance Result: Pass
        Disabled: 23
        Skip: 0
        Pass: 32
        FAIL: 0
        Error: 0
        Total: 55
        Tag listing: Pass
        Blob get: Pass
        Blob get range: Unknown
        Blob head: Pass
        Manifest get by digest: Pass
        Manifest get by tag: Pass
        Manifest head by digest: Pass
        Manifest head by tag: Pass
        Referrers: Pass
        Ping: Pass
        Invalid Manifest Digest: Pass
        Read Only Inputs: Pass
        ");
}

/// It answers with the same code as what is served, so this shows ranges and referrers of every kind, too.
#[test]
fn the_registry_that_tests_push_to_conforms() {
    let programs = Programs::need(&["oci-conformance"]);
    let folder = TempDir::new().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let running = runtime.block_on(Registry::writable().spawn()).expect("a registry");
    // A layer that is nowhere to be had is not taken: what is pushed there has to be whole.
    let settings = [("OCI_DATA_NONDISTRIBUTABLE", "false")];
    let (verdict, said) = verdict(&programs, folder.path(), &running.address.to_string(), &settings);
    eprintln!("{said}");
    insta::assert_snapshot!(verdict, @r"
        OCI Conformance Result: Pass
        Disabled: 138
        Skip: 4
        Pass: 423
        FAIL: 0
        Error: 0
        Total: 565
        Tag listing: Pass
        Blob push: Pass
        Blob post only: Skip
        Blob post put: Pass
        Blob chunked: Pass
        Blob streaming: Pass
        Blob mount: Pass
        Blob anonymous mount: Skip
        Blob get: Pass
        Blob get range: Pass
        Blob head: Pass
        Manifest put by digest: Pass
        Manifest put by tag: Pass
        Manifest put with subject: Pass
        Manifest get by digest: Pass
        Manifest get by tag: Pass
        Manifest head by digest: Pass
        Manifest head by tag: Pass
        Referrers: Pass
        Ping: Pass
        Artifact: Pass
        Artifact Index: Pass
        Artifact without Layers: Pass
        Artifacts with Subject: Pass
        Bad Digest Image: Pass
        Blobs sha256: Pass
        Custom Fields: Pass
        Data Field: Pass
        Empty Index: Pass
        Image: Pass
        Image Uncompressed: Pass
        Index: Pass
        Index with Subject: Pass
        Invalid Manifest Digest: Pass
        Image with Large Manifest: Pass
        Missing Subject: Pass
        Nested Index: Pass
        No Layers: Pass
        ");
}
