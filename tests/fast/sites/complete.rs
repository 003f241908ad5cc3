//! Remove any one thing, and the build reports which layer needs it, in which file and field. Add an external address: the same.

use std::fs;

use airgap_bundle::spec::Spec;

use bundle_testing::edit::without;
use bundle_testing::internet::Options;
use bundle_testing::support::{Ran, Stack};

/// A shipped spec, and where its stand-in answers.
struct Shipped {
    stack: Stack,
    text: String,
}

impl Shipped {
    fn new(name: &'static str) -> Self {
        let stack = Stack::of(name, None, |options| Options { sign: true, ..options });
        stack.keys("mine");
        let text = fs::read_to_string(stack.path(&format!("bundles/{name}.yaml"))).expect("the spec");
        Self { stack, text }
    }

    /// Builds the spec in another wording.
    fn build(&self, text: &str) -> Ran {
        self.stack.write("bundles/changed.yaml", text);
        let build = ["build", "bundles/changed.yaml", "-o", "changed.tar", "--key", "mine.key"];
        let ran = self.stack.bundle(build.into_iter().chain(["--registries", "registries.yaml"]));
        fs::remove_file(self.stack.path("bundles/changed.lock")).ok();
        ran
    }

    /// Returns the errors of builds that lack each image, artifact and file in turn.
    fn without_each(&self) -> String {
        let spec = Spec::parse(&self.text, "the spec").expect("it is valid");
        let references = spec.items().map(|item| format!("{{ref: \"{}\"", item.reference));
        // A component may have the name of its file.
        let files = spec.files().map(|file| format!("name: {}\n        url: {}", file.name, file.url));
        let mut said = String::new();
        for entry in references.chain(files) {
            let ran = self.build(&without(&self.text, &entry));
            assert!(matches!(ran.code, Some(1 | 2)), "built without `{entry}`: {ran:?}");
            let reasons = ran.stderr.lines().filter(|line| !line.starts_with("warning:"));
            let reasons: Vec<_> = reasons.take_while(|line| !line.starts_with("hint:")).collect();
            let entry = entry.lines().next().unwrap_or_default();
            said += &format!("without {entry}:\n{}\n", reasons.join("\n"));
        }
        said
    }
}

#[test]
fn everything_of_the_homelab_is_needed_by_a_layer_that_is_named() {
    insta::assert_snapshot!(Shipped::new("homelab").without_each());
}

#[test]
fn everything_of_lumen_is_needed_by_a_layer_that_is_named() {
    insta::assert_snapshot!(Shipped::new("lumen").without_each());
}

#[test]
fn a_shipped_spec_has_nothing_that_no_layer_refers_to() {
    for name in ["homelab", "lumen"] {
        let shipped = Shipped::new(name);
        let ran = shipped.build(&shipped.text);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(!ran.stderr.contains("no layer refers to it"), "{}", ran.stderr);
    }
}

#[test]
fn an_address_outside_the_site_in_any_template_stops_the_build() {
    let shipped = Shipped::new("homelab");
    let template = shipped.stack.path("manifests/00-namespaces/namespaces.yaml");
    let text = fs::read_to_string(&template).expect("a template");
    let changed = text.replace("  labels:\n", "  annotations: {see: \"https://example.com/x\"}\n  labels:\n");
    assert_ne!(text, changed);
    fs::write(&template, changed).expect("a file");
    let ran = shipped.build(&shipped.text);
    assert_eq!(ran.code, Some(1));
    let words = "in `00-namespaces/namespaces.yaml`, field `/metadata/annotations/see`: `https://example.com/x` is outside the site";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
}
