//! Where the manifests of a site are published for GitOps; with real registries and clients: `peers`.

use bundle_testing::support::bundle;

#[test]
fn a_place_that_is_none_is_refused_before_anything_is_read() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let arguments =
        ["render", "none.tar", "--insecure-unsigned", "--site", "none.yaml", "-o", "oci://homelab"];
    let refused = bundle(folder.path(), arguments);
    assert_eq!(refused.code, Some(2));
    assert_eq!(refused.stderr.lines().next(), Some("error: `oci://homelab` is not a place for an artifact"));
}
