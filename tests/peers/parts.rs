//! A bundle in parts, pushed to a real registry and served to a real client.

use bundle_testing::programs::Programs;
use bundle_testing::served::Served;
use bundle_testing::split::{both, trusting};

use crate::registry::Registry;

#[test]
fn a_bundle_in_parts_is_pushed_and_served_as_the_one_file_is() {
    let programs = Programs::need(&["crane", "docker-registry"]);
    let stack = both();
    let registry = Registry::docker(&programs, stack.folder.path());
    stack.bundle(trusting("push", &[&registry.address])).ok();
    let again = stack.bundle(["push", "b.tar", &registry.address, "--key", "mine.pub"]).ok();
    assert!(again.contains(": 0 blobs") || again.contains(", 0 blobs, 0 bytes;"), "{again}");
    let served = Served::of("s.tar.001", stack.folder.path(), &["--key", "mine.pub", "--quiet"]);
    let image = format!("{}/falcosecurity/falco:0.44.1", served.address);
    programs.run("crane", stack.folder.path(), &["validate", "--remote", &image]).ok();
}
