//! Both directions with the real cosign.
//!
//! Where it is not there, a test says so and passes, except on CI.

use super::{BY_IDENTITY, Bench};
use crate::internet::sigstore::{Forge, Form};
use crate::peers::programs::Programs;

const SLOTS: [&str; 3] = ["bundle.sigstore.json", "bundle.2.sigstore.json", "bundle.3.sigstore.json"];

#[test]
fn cosign_accepts_every_slot_that_tar_takes_out() {
    let Some(programs) = Programs::find(&["tar", "cosign"]) else { return };
    let bench = Bench::new();
    let folder = bench.tiny.stack.folder.path();
    let (_one, _two) = (bench.keys("one"), bench.keys("two"));
    bench.tiny.stack.write("sig.json", &bench.keyless(Form::BundleV2, Forge::default()).to_string());
    bench.sign(&["--key", "one.key"]).ok();
    bench.sign(&["--key", "two.key", "--add"]).ok();
    bench.sign(&["--attach", "sig.json", "--trusted-root", "root.json", "--add"]).ok();
    programs.run("tar", folder, &[&["-xf", "tiny.tar", "index.json"], &SLOTS[..]].concat()).ok();
    let verify = |slot: &str, by: &[&str]| {
        let flags = [&["verify-blob", "--bundle", slot], by, &["index.json"]].concat();
        programs.run("cosign", folder, &flags).code
    };
    let by_key = |key| ["--key", key, "--insecure-ignore-tlog"];
    assert_eq!(verify(SLOTS[0], &by_key("one.pub")), Some(0));
    assert_eq!(verify(SLOTS[1], &by_key("two.pub")), Some(0));
    assert_eq!(verify(SLOTS[1], &by_key("one.pub")), Some(1));
    assert_eq!(verify(SLOTS[2], &[&BY_IDENTITY[..], &["--trusted-root", "root.json"]].concat()), Some(0));
}

#[test]
fn what_cosign_signed_elsewhere_is_attached_and_accepted() {
    let Some(programs) = Programs::find(&["tar", "cosign"]) else { return };
    let bench = Bench::new();
    let folder = bench.tiny.stack.folder.path();
    let (_one, _two) = (bench.keys("one"), bench.keys("two"));
    programs.run("tar", folder, &["-xf", "tiny.tar", "index.json"]).ok();
    for name in ["one", "two"] {
        let (key, signature) = (format!("{name}.key"), format!("{name}.json"));
        let flags = ["sign-blob", "--yes", "--use-signing-config=false", "--tlog-upload=false"];
        let rest = ["--key", &key, "--bundle", &signature, "index.json"];
        programs.run("cosign", folder, &[&flags[..], &rest].concat()).ok();
    }
    bench.sign(&["--attach", "one.json", "--attach", "two.json"]).ok();
    bench.verify(&["--key", "one.pub", "--key", "two.pub", "--threshold", "2"]).ok();
}
