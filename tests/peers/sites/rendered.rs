//! Both shipped sites, rendered for both platforms and under both names of images.

use std::fs;
use std::path::{Path, PathBuf};

use airgap_bundle::digest::Digest;
use serde_json::Value;

use bundle_testing::internet::Options;
use bundle_testing::listing::{self, Files};
use bundle_testing::programs::files;
use bundle_testing::support::Stack;

/// The specs, each with a site of the same name.
pub const SITES: [&str; 2] = ["homelab", "lumen"];
const PLATFORMS: [&str; 2] = ["k3s", "talos"];
const IMAGES: [&str; 2] = ["mirror", "rewrite"];

/// A rendered folder.
pub struct Rendered {
    /// Platform and image mode: `k3s-mirror`.
    pub variant: String,
    /// The folder.
    pub folder: PathBuf,
}

/// A shipped spec, built with upstream's own files where they can be had, and rendered in every variant.
pub struct Site {
    /// Spec, bundle and folders.
    pub stack: Stack,
    /// The variants; the first is the one that the others are compared with.
    pub variants: Vec<Rendered>,
}

impl Site {
    /// Builds and renders.
    pub fn new(name: &'static str) -> Self {
        let real = files();
        let stack = Stack::of(name, Some(&real), |options| Options { sign: true, ..options });
        stack.keys("mine");
        stack.build("b.tar", "mine");
        let each = PLATFORMS.iter().flat_map(|platform| IMAGES.map(|images| (*platform, images)));
        let variants = each.map(|(platform, images)| render(&stack, platform, images)).collect();
        Self { stack, variants }
    }
}

fn render(stack: &Stack, platform: &str, images: &str) -> Rendered {
    let site = fs::read_to_string(stack.path(&format!("bundles/sites/{}.yaml", stack.name))).expect("a site");
    let other = if images == "mirror" { "rewrite" } else { "mirror" };
    let (variant, file) = (format!("{platform}-{images}"), format!("{platform}-{images}.yaml"));
    stack.write(&file, &site.replace(&format!("images: {other}"), &format!("images: {images}")));
    let render = ["render", "b.tar", "--key", "mine.pub", "--site", &file, "--platform", platform];
    stack.bundle(render.into_iter().chain(["-o", &variant])).ok();
    Rendered { folder: stack.path(&variant), variant }
}

impl Rendered {
    /// Returns every file: path and content. Of a definition's schema, which is upstream's, only the digest is kept, of a policy's
    /// template, which the tests of `render` hold whole, and of what K3s deploys by itself, which is the same objects again. The public key is another in each run, and so is
    /// the bundle's digest, which the artifact for GitOps says that it was made from.
    pub fn files(&self, key: &str) -> Files {
        let mut files = Files::new();
        collect(&self.folder, &self.folder, &mut files);
        for line in key.lines().filter(|line| !line.starts_with('-')) {
            files.values_mut().for_each(|text| *text = text.replace(line, "(a line of the key)"));
        }
        files
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            collect(root, &entry, files);
            continue;
        }
        let name = entry.strip_prefix(root).expect("a path below").display().to_string();
        let text = fs::read_to_string(&entry).expect("a text");
        let content = match name.as_str() {
            definition if definition.contains("-customresourcedefinition-") => summary(&text),
            template if template.contains("-constrainttemplate-") => digest(&text),
            gitops if gitops.starts_with("gitops/") => without_digests(&text),
            again if again.starts_with("auto-deploy/") => digest(&text),
            _ => text,
        };
        files.insert(name, content);
    }
}

fn digest(text: &str) -> String {
    format!("{}\n", Digest::of(text.as_bytes()))
}

fn without_digests(text: &str) -> String {
    let line = |line: &str| match line.split_once("sha256:") {
        Some((before, _)) => format!("{before}sha256:(of this run)\n"),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

fn summary(definition: &str) -> String {
    let value: Value = serde_saphyr::from_str(definition).expect("YAML");
    let versions = value["spec"]["versions"].as_array().expect("versions");
    let digest = Digest::of(value["spec"].to_string().as_bytes());
    format!("{} with {} version(s), spec {digest}\n", value["metadata"]["name"], versions.len())
}

/// The first site's first variant is held whole, every other variant by what differs from its site's first, and that of the other site
/// by what differs from the whole one.
#[test]
fn every_object_of_every_site_is_the_one_that_was_reviewed() {
    let mut whole: Option<Files> = None;
    for name in SITES {
        let site = Site::new(name);
        let key = fs::read_to_string(site.stack.path("mine.pub")).expect("a key");
        let first = site.variants[0].files(&key);
        let text = whole
            .as_ref()
            .map_or_else(|| listing::whole(&first), |whole| listing::differences(whole, &first));
        insta::assert_snapshot!(format!("{name}-{}", site.variants[0].variant), text);
        for other in &site.variants[1..] {
            let text = listing::differences(&first, &other.files(&key));
            insta::assert_snapshot!(format!("{name}-{}", other.variant), text);
        }
        whole.get_or_insert(first);
    }
}
