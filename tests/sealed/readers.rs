//! Others read what we wrote: crane the registry, containerd the file.

use serde_json::Value;

use super::ground::Ground;

/// Images with BuildKit's attestations in the form of images, which they are not: crane wants a layer for each of their
/// "diff ids" and finds a statement instead (seen with crane 0.22.1), so it cannot validate the index as a whole.
const ATTESTED_AS_IMAGES: &[&str] =
    &["docker.io/falcosecurity/falcoctl:0.13.0", "docker.io/falcosecurity/falcosidekick:2.34.1"];
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

pub fn crane_validates_everything_that_was_pushed(ground: &Ground) {
    for (name, digest) in ground.entries("image").into_iter().chain(ground.entries("artifact")) {
        let (_, path) = name.split_once('/').expect("a host");
        let pushed = format!("127.0.0.1:5000/{path}");
        assert_eq!(ground.stage.exec(["crane", "digest", &pushed]).ok().trim(), digest, "{name}");
        let validate = ["crane", "validate", "--remote", &pushed];
        if ATTESTED_AS_IMAGES.contains(&name.as_str()) {
            for platform in PLATFORMS {
                let ran = ground.stage.exec(validate.into_iter().chain(["--platform", platform]));
                assert_eq!(ran.ok(), format!("PASS: {pushed}\n"));
            }
            every_child_is_there(ground, &pushed);
        } else {
            assert_eq!(ground.stage.exec(validate).ok(), format!("PASS: {pushed}\n"));
        }
    }
}

/// Reads every manifest of an index, and every blob of each; crane checks the digests of both.
fn every_child_is_there(ground: &Ground, pushed: &str) {
    let repository = pushed.rsplit_once(':').expect("a tag").0;
    let manifest = |reference: &str| -> Value {
        serde_json::from_str(&ground.stage.exec(["crane", "manifest", reference]).ok()).expect("JSON")
    };
    for child in manifest(pushed)["manifests"].as_array().expect("an index") {
        let child = manifest(&format!("{repository}@{}", child["digest"].as_str().expect("a digest")));
        for blob in child["layers"].as_array().expect("layers") {
            let digest = blob["digest"].as_str().expect("a digest");
            ground.stage.exec(["crane", "blob", &format!("{repository}@{digest}")]).ok();
        }
    }
}

/// Not with `--all-platforms`: the bundle contains upstream's own indexes, but not all of their platforms.
pub fn containerd_imports_the_unchanged_bundle(ground: &Ground) {
    let socket = ground.stage.directory.join("node/run/containerd/containerd.sock");
    let ctr =
        ["ctr", "--address", socket.to_str().expect("a plain path"), "--namespace", "imported", "images"];
    let run = |arguments: &[&str]| ground.stage.exec(ctr.iter().chain(arguments).copied());
    run(&["import", "b.tar"]).ok();
    let checked = run(&["check"]).ok();
    // REF TYPE DIGEST STATUS (N/N) SIZE UNIT UNPACKED
    let mut imported: Vec<_> = checked.lines().skip(1).map(|line| line.split_whitespace()).collect();
    let imported = imported.iter_mut().map(|columns| {
        let (name, digest) = (columns.next().expect("a name"), columns.nth(1).expect("a digest"));
        assert_eq!((columns.next(), columns.last()), (Some("complete"), Some("true")), "{checked}");
        (name.to_owned(), digest.to_owned())
    });
    let (mut imported, mut carried): (Vec<_>, _) = (imported.collect(), ground.entries("image"));
    imported.sort();
    carried.sort();
    assert_eq!(imported, carried);
}
