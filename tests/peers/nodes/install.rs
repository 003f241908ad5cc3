//! The script that installs K3s.

use std::fs;

use bundle_testing::carried::{Carried, SiteText, Transport};
use bundle_testing::programs::Programs;

const SITE: SiteText =
    SiteText { platform: "k3s", images: "mirror", prefix: "", quay: "", transport: Transport::OwnAuthority };

#[test]
fn the_rendered_script_passes_shellcheck() {
    let programs = Programs::need(&["shellcheck"]);
    let names = ["k3s", "k3s-arm64", "k3s-airgap-images-amd64.tar.zst", "k3s-airgap-images-arm64.tar.zst"];
    let carried = Carried::new(&names.map(|name| (name, &b"a fake"[..])));
    let script = carried.render(&SITE).join("nodes/install.sh");
    let checked = programs.run("shellcheck", carried.folder.path(), &[script.to_str().expect("a path")]);
    assert_eq!((checked.code, checked.stdout.as_str()), (Some(0), ""), "{checked:?}");
    let networks = ["curl", "wget", "http://", "https://get", "nc "];
    let script = fs::read_to_string(&script).expect("a script");
    assert!(networks.iter().all(|word| !script.contains(word)), "it asks nothing of a network");
}
