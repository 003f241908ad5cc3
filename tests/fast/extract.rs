//! Single things taken out of a bundle.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use airgap_bundle::digest::Digest;
use serde_json::Value;
use tempfile::TempDir;

use bundle_testing::made::Made;
use bundle_testing::support::{Ran, bundle};

/// The names in the document of a run that failed: it has no result.
const FAILED: [&str; 2] = ["version", "error"];
const LAYER: &[u8] = b"the layer of an image";
const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

fn made() -> TempDir {
    let (mut made, folder) = (Made::default(), TempDir::new().expect("a folder"));
    let image = made.image("docker.io/acme/app:1", LAYER);
    made.index("docker.io/acme/app:multi", &[&image]);
    made.artifact("ghcr.io/acme/rules:2", "text/rules", &[(GZIP, b"rules")]);
    made.artifact(
        "ghcr.io/acme/both:2",
        "text/both",
        &[("application/x+json", b"{}"), ("../../x", b"second")],
    );
    made.file("bundle.yaml", b"kind: Bundle\n");
    made.file("files/rules.yaml", b"rules: []\n");
    made.file("files/sub/rules.yaml", b"other: []\n");
    made.file("files/..", b"up\n");
    made.file("files/.hidden", b"hidden\n");
    made.file("files/-o", b"an option\n");
    made.write(folder.path());
    folder
}

fn extract(folder: &Path, names: &[&str]) -> Ran {
    let all = ["extract", "b.tar", "--insecure-unsigned", "-o", "out", "--format", "json", "--"];
    bundle(folder, all.iter().chain(names))
}

/// Returns the names in the JSON document that a run printed.
fn fields(ran: &Ran) -> Vec<String> {
    let document: Value = serde_json::from_str(&ran.stdout).expect("one document");
    document.as_object().expect("an object").keys().cloned().collect()
}

/// Returns the files of the folder that is written to.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder.join("out")) else { return BTreeMap::new() };
    let entries = entries.map(|entry| entry.expect("an entry").path());
    entries
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(path).expect("a file"))
        })
        .collect()
}

#[test]
fn files_and_parts_of_artifacts_are_written_under_names_that_were_asked_for() {
    for (name, expected) in [
        ("rules.yaml", vec![("rules.yaml", &b"rules: []\n"[..])]),
        ("files/sub/rules.yaml", vec![("rules.yaml", b"other: []\n")]),
        ("bundle.yaml", vec![("bundle.yaml", b"kind: Bundle\n")]),
        ("ghcr.io/acme/rules:2", vec![("ghcr.io_acme_rules_2.tar.gz", b"rules")]),
        (
            "ghcr.io/acme/both:2",
            vec![("ghcr.io_acme_both_2.1.json", b"{}"), ("ghcr.io_acme_both_2.2.bin", b"second")],
        ),
    ] {
        let folder = made();
        let said: Value = serde_json::from_str(&extract(folder.path(), &[name]).ok()).expect("JSON");
        let expected: BTreeMap<_, _> =
            expected.into_iter().map(|(file, content)| (file.to_owned(), content.to_vec())).collect();
        assert_eq!(files(folder.path()), expected, "{name}");
        let written = said["result"]["written"].as_array().expect("what was written");
        let written: Vec<_> =
            written.iter().map(|file| file["path"].as_str().expect("a path").to_owned()).collect();
        assert_eq!(written, expected.keys().map(|file| format!("out/{file}")).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_no_plain_name_not_there_or_there_already_is_refused_and_nothing_is_written() {
    let folder = made();
    for (names, expected) in [
        (&["files/.."][..], "`files/..` is not a plain file name, so it cannot be extracted"),
        (&[".hidden"], "`.hidden` is not a plain file name, so it cannot be extracted"),
        (&["-o"], "`-o` is not a plain file name, so it cannot be extracted"),
        (&["docker.io/acme/app:3"], "`docker.io/acme/app:3` is not in the bundle"),
        (&["../b.tar"], "`../b.tar` is not in the bundle"),
        (
            &["rules.yaml", "files/sub/rules.yaml"],
            "`rules.yaml` and `files/sub/rules.yaml` would both be written as `rules.yaml`",
        ),
    ] {
        let ran = extract(folder.path(), names);
        assert_eq!((ran.code, fields(&ran)), (Some(2), FAILED.map(str::to_owned).to_vec()), "{names:?}");
        assert!(ran.stderr.starts_with(&format!("error: {expected}\n\nhint: ")), "{}", ran.stderr);
    }
    assert!(!folder.path().join("out").exists());
    extract(folder.path(), &["rules.yaml"]).ok();
    fs::write(folder.path().join("out/rules.yaml"), "mine").expect("a file");
    std::os::unix::fs::symlink("nowhere", folder.path().join("out/bundle.yaml")).expect("a link");
    for name in ["rules.yaml", "bundle.yaml"] {
        let ran = extract(folder.path(), &["ghcr.io/acme/rules:2", name]);
        let expected =
            format!("error: `out/{name}` already exists, and existing files are never overwritten\n");
        assert!(ran.code == Some(2) && ran.stderr.starts_with(&expected), "{}", ran.stderr);
    }
    assert_eq!(fs::read(folder.path().join("out/rules.yaml")).expect("a file"), b"mine");
    assert!(!folder.path().join("out/ghcr.io_acme_rules_2.tar.gz").exists());
}

#[test]
fn what_was_altered_is_refused_and_not_left_behind() {
    let folder = made();
    let path = folder.path().join("b.tar");
    let mut bytes = fs::read(&path).expect("the bundle");
    let at = bytes.windows(LAYER.len()).position(|part| part == LAYER).expect("the layer");
    bytes[at] ^= 1;
    fs::write(&path, bytes).expect("a file");
    let ran = extract(folder.path(), &["docker.io/acme/app:1"]);
    assert_eq!((ran.code, fields(&ran)), (Some(1), FAILED.map(str::to_owned).to_vec()));
    let expected =
        format!("error: blob `{}` was altered: its bytes have the digest `sha256:", Digest::of(LAYER));
    assert!(ran.stderr.starts_with(&expected), "{}", ran.stderr);
    assert_eq!(files(folder.path()), BTreeMap::new());
    extract(folder.path(), &["ghcr.io/acme/rules:2"]).ok();
}
