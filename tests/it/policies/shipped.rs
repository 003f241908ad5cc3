//! The shipped spec, as it is, against the stand-in's signatures.

use crate::internet::sigstore::{GITHUB, signings};
use crate::peers::programs::Programs;
use crate::peers::registry::Registry;
use crate::support::{Stack, bundle};

#[test]
fn with_the_embedded_root_each_signed_entry_is_refused_with_one_line() {
    let stack = Stack::homelab();
    let build = ["build", "bundles/homelab.yaml", "-o", "b.tar", "--insecure-unsigned"];
    let ran = bundle(stack.folder.path(), build.into_iter().chain(["--registries", "registries.yaml"]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(!stack.path("b.tar").exists() && !stack.path("bundles/homelab.lock").exists());
    let lines: Vec<_> = ran.stderr.lines().filter(|line| line.starts_with("  - ")).collect();
    let signed: Vec<_> =
        stack.upstream.published.iter().filter(|item| !signings(&item.reference).is_empty()).collect();
    assert_eq!(lines.len(), signed.len(), "{}", ran.stderr);
    for (item, line) in signed.iter().zip(lines) {
        assert!(line.starts_with(&format!("  - `{}` does not meet its policy: ", item.reference)), "{line}");
        assert!(line.contains("is not in the trusted root"), "{line}");
    }
    assert!(ran.stderr.ends_with(HINT), "{}", ran.stderr);
}

const HINT: &str = "\n\nhint: the trusted root in use does not know who signed: give the root of that Sigstore with --trusted-root FILE, or a newer one of the public Sigstore; without one, do not take this content\n";

#[test]
fn what_is_pushed_is_accepted_by_cosign_again() {
    let Some(programs) = Programs::find(&["cosign", "crane", "docker-registry"]) else { return };
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

#[test]
fn every_signature_is_judged_again_offline_and_shown() {
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let hosts: Vec<_> = stack.upstream.addresses.keys().cloned().collect();
    let fronts = || hosts.iter().filter_map(|host| stack.upstream.front(host));
    let _before: Vec<_> = fronts().map(crate::internet::Front::take_requests).collect();
    let said = stack.bundle(["verify", "b.tar", "--key", "mine.pub"]).ok();
    let asked: Vec<_> = fronts().flat_map(crate::internet::Front::take_requests).collect();
    assert_eq!(asked, Vec::<String>::new());
    for item in &stack.upstream.published {
        let line = said.lines().find(|line| line.starts_with(&format!("{} ", item.reference)));
        let line = line.unwrap_or_else(|| panic!("no line for {}: {said}", item.reference));
        let made = signings(&item.reference);
        let expected = made.first().map_or("nobody", |signing| &signing.identity);
        assert!(
            line.ends_with(&format!("  {expected}")) || line.contains(&format!("  {expected}: ")),
            "{line}"
        );
    }
}
