//! Lumen's spec, whole: what is built from it holds all that its site refers to.

use std::fs;

use serde_json::Value;

use bundle_testing::internet::Options;
use bundle_testing::support::Stack;

#[test]
fn lumen_is_built_and_rendered_for_its_site() {
    let stack = Stack::of("lumen", None, |options| Options { sign: true, ..options });
    stack.keys("mine");
    stack.build("b.tar", "mine");
    let site = ["--site", "bundles/sites/lumen.yaml", "-o", "out"];
    stack.bundle(["render", "b.tar", "--key", "mine.pub"].into_iter().chain(site)).ok();
    let folder = stack.path("out/50-falco");
    let files = fs::read_dir(&folder).expect("the layer").map(|entry| entry.expect("a file").path());
    let texts = files.map(|path| fs::read_to_string(path).expect("a text"));
    let objects: Vec<Value> = texts.map(|text| serde_saphyr::from_str(&text).expect("an object")).collect();
    let image = |kind: &str| {
        let object = objects.iter().find(|object| object["kind"] == kind).expect(kind);
        let image = &object["spec"]["template"]["spec"]["containers"][0]["image"];
        image.as_str().expect("an image").split('@').next().expect("a name").to_owned()
    };
    assert_eq!(image("DaemonSet"), "localhost:5000/falco-k8smeta:0.43.0-0.4.1");
    assert_eq!(image("Deployment"), "localhost:5000/falcosecurity/k8s-metacollector:0.1.1");
    assert!(!stack.path("out/55-falcosidekick").exists());
}
