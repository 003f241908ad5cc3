//! The shipped spec, unchanged, against the stand-in's signatures.

use bundle_testing::internet::sigstore::signings;
use bundle_testing::support::{Stack, bundle};

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
fn every_signature_is_judged_again_offline_and_shown() {
    let stack = Stack::homelab();
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let hosts: Vec<_> = stack.upstream.addresses.keys().cloned().collect();
    let fronts = || hosts.iter().filter_map(|host| stack.upstream.front(host));
    let _before: Vec<_> = fronts().map(bundle_testing::internet::Front::take_requests).collect();
    let said = stack.bundle(["verify", "b.tar", "--key", "mine.pub"]).ok();
    let asked: Vec<_> = fronts().flat_map(bundle_testing::internet::Front::take_requests).collect();
    assert_eq!(asked, Vec::<String>::new());
    for item in &stack.upstream.published {
        let line = said.lines().find(|line| line.starts_with(&format!("{} ", item.reference)));
        let line = line.unwrap_or_else(|| panic!("no line for {}: {said}", item.reference));
        let made = signings(&item.reference);
        let expected = made.first().map_or("unsigned", |signing| &signing.identity);
        assert!(
            line.ends_with(&format!("  {expected}")) || line.contains(&format!("  {expected}: ")),
            "{line}"
        );
    }
}
