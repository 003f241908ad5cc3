//! The signatures of the shipped spec, after a push.

use bundle_testing::internet::sigstore::{GITHUB, signings};
use bundle_testing::programs::Programs;
use bundle_testing::support::Stack;

use crate::registry::Registry;

#[test]
fn what_is_pushed_is_accepted_by_cosign_again() {
    let programs = Programs::need(&["cosign", "crane", "docker-registry"]);
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let folder = stack.folder.path();
    for registry in [Registry::docker(&programs, folder), Registry::crane(&programs, folder)] {
        stack.bundle(["push", "b.tar", &registry.address, "--key", "mine.pub"]).ok();
        let mut accepted = 0;
        for item in &stack.upstream.published {
            let image = format!("{}/{}@{}", registry.address, item.reference.repository(), item.digest);
            for signing in signings(&item.reference) {
                let flags = ["verify", "--offline", "--trusted-root", "root.json", &image];
                let by = ["--certificate-oidc-issuer", GITHUB, "--certificate-identity", &signing.identity];
                programs.run("cosign", folder, &[&flags[..], &by].concat()).ok();
                accepted += 1;
            }
        }
        assert_eq!(accepted, 13, "every signature of the stand-in");
    }
}
