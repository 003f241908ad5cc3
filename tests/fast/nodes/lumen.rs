//! Lumen's bundle brings K3s itself: what is extracted from it is what its node files install.

use std::fs;
use std::process::Command;

use bundle_testing::carried::{Carried, SiteText, Transport};
use bundle_testing::internet::Options;
use bundle_testing::support::{Ran, Stack};

#[test]
fn a_host_is_brought_up_from_lumens_bundle_alone() {
    let stack = Stack::of("lumen", None, |options| Options { sign: true, ..options });
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let (program, images) = match std::env::consts::ARCH {
        "aarch64" => ("k3s-arm64", "k3s-airgap-images-arm64.tar.zst"),
        _ => ("k3s", "k3s-airgap-images-amd64.tar.zst"),
    };
    stack.bundle(["verify", "b.tar", "--key", "mine.pub"]).ok();
    stack.bundle(["extract", "b.tar", program, images, "--key", "mine.pub", "-o", "k3s-files"]).ok();
    let render = ["render", "b.tar", "--key", "mine.pub", "--site", "bundles/sites/lumen.yaml"];
    stack.bundle(render.into_iter().chain(["-o", "out"])).ok();
    let mut install = Command::new("sh");
    install.args(["out/nodes/install.sh", "server", "k3s-files", "--root", "host"]);
    install.current_dir(stack.folder.path()).env_clear().env("PATH", "/usr/bin:/bin");
    Ran::from(install.output().expect("a shell")).ok();
    let installed = fs::read(stack.path("host/usr/local/bin/k3s")).expect("a program");
    assert_eq!(installed, fs::read(stack.path("k3s-files").join(program)).expect("a file"));
}

#[test]
fn a_component_that_lacks_what_the_node_files_install_is_refused() {
    let site =
        SiteText { platform: "k3s", images: "mirror", prefix: "", quay: "", transport: Transport::Tls };
    let spec = "apiVersion: bundle/v1alpha1\nkind: Bundle\nmetadata: {name: homelab, version: 1.0.0}\n\
                targets: [linux/amd64]\ncomponents: [{name: k3s, version: v1}]\n";
    let carried = Carried::changed(&[], &[("bundle.yaml", spec)]);
    let ran = carried.try_render(&site, "out", &[]);
    let expected = "`platforms/k3s/nodes/k3s.sha256`:12: install.sh needs the files `k3s` and \
                    `k3s-airgap-images-amd64.tar.zst`, or those for arm64, and the bundle carries none";
    assert!(ran.code == Some(1) && ran.stderr.contains(expected), "{}", ran.stderr);
}
