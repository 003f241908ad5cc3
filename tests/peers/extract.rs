//! An image taken out of a bundle, read by others.

use std::fs;

use airgap_bundle::digest::Digest;
use bundle_testing::made::{Made, noise};
use bundle_testing::programs::Programs;
use bundle_testing::support::bundle;
use tempfile::TempDir;

const LAYER: &[u8] = b"the layer of an image";

#[test]
fn an_image_is_a_layout_that_tar_and_skopeo_read() {
    let programs = Programs::need(&["tar", "skopeo"]);
    let folder = TempDir::new().expect("a folder");
    let (mut made, layer) = (Made::default(), noise(3_000_000));
    let image = made.image("docker.io/acme/app:1", &layer);
    made.image("docker.io/acme/other:1", LAYER);
    made.write(folder.path());
    let extract = ["extract", "b.tar", "--insecure-unsigned", "-o", "out", "acme/app:1"];
    bundle(folder.path(), extract).ok();
    let file = "out/acme_app_1.oci.tar";
    let run = |name: &str, arguments: &[&str]| programs.run(name, folder.path(), arguments).ok();
    let listed = run("tar", &["-tf", file]);
    let blob = |digest: Digest| format!("blobs/sha256/{}", digest.hex());
    assert!(listed.starts_with("oci-layout\nindex.json\nblobs/sha256/"), "{listed}");
    assert_eq!(listed.lines().count(), 2 + 3, "one image and nothing else");
    assert!(listed.contains(&blob(image.digest)) && listed.contains(&blob(Digest::of(&layer))));
    let work = folder.path().join("work");
    fs::create_dir(&work).expect("a folder");
    let work = work.to_str().expect("a path");
    let source = format!("oci-archive:{file}");
    let inspected = run("skopeo", &["--tmpdir", work, "inspect", "--format", "{{.Digest}}", &source]);
    assert_eq!(inspected.trim(), image.digest.to_string());
}
