//! Signed images are accepted, carried with their signatures, and accepted again at the other end.

use http::Method;

use super::signed::{Form, Signed};
use crate::registry::Registry;
use bundle_testing::internet::{Answer, Fault, Front};
use bundle_testing::tiny::IMAGE;

const PROGRAMS: [&str; 3] = ["cosign", "crane", "docker-registry"];

#[test]
fn an_image_with_a_signature_tag_is_carried_with_it() {
    travels(Form::Tag, "simple-signing", "signature tag");
}

#[test]
fn an_image_with_a_sigstore_bundle_is_carried_with_it() {
    travels(Form::Bundle, "sigstore-bundle", "Sigstore bundle");
}

#[test]
fn of_two_good_signatures_the_bundle_is_recorded_and_both_are_carried() {
    let signed = Signed::new(&["cosign"]);
    signed.sign(signed.image, "theirs", Form::Tag);
    signed.sign(signed.image, "theirs", Form::Bundle);
    signed.tiny.stack.bundle(signed.tiny.build()).ok();
    assert_eq!(recorded(&signed)["form"], "sigstore-bundle");
    let inspected = signed.tiny.stack.bundle(["inspect", "tiny.tar", "--format", "json"]).ok();
    let value: serde_json::Value = serde_json::from_str(&inspected).expect("JSON");
    let roles = |role: &str| {
        let entries = value["result"]["entries"].as_array().expect("entries").iter();
        entries.filter(|entry| entry["role"] == role).count()
    };
    assert_eq!((roles("signature"), roles("referrer")), (1, 1));
}

#[test]
fn a_push_that_broke_before_the_signature_was_listed_is_completed_by_the_next() {
    let signed = Signed::new(&PROGRAMS);
    signed.sign(signed.image, "theirs", Form::Bundle);
    let stack = &signed.tiny.stack;
    stack.bundle(signed.tiny.build()).ok();
    let registry = Registry::docker(&signed.programs, stack.folder.path());
    let front = stack.block_on(Front::start(registry.address.parse().expect("an address"))).expect("a port");
    let target = front.address.to_string();
    let path = format!("/manifests/sha256-{}", signed.image.hex());
    front.fault(Fault { method: Some(Method::PUT), path, times: None, answer: Answer::Status(500) });
    let push = ["push", "tiny.tar", &target, "--insecure-unsigned"];
    assert_eq!(stack.bundle(push).code, Some(2));
    front.heal();
    stack.bundle(push).ok();
    let name = format!("{}/falcosecurity/falco@{}", registry.address, signed.image);
    let verify = ["verify", "--key", "theirs.pub", "--insecure-ignore-tlog", &name];
    signed.programs.run("cosign", stack.folder.path(), &verify).ok();
}

fn travels(form: Form, recorded_as: &str, shown_as: &str) {
    let signed = Signed::new(&PROGRAMS);
    signed.sign(signed.image, "theirs", form);
    signed.tiny.stack.bundle(signed.tiny.build()).ok();
    assert_eq!(recorded(&signed), serde_json::json!({"form": recorded_as, "signer": {"key": signed.hint}}));
    is_judged_again_offline(&signed, shown_as);
    is_accepted_at_the_other_end(&signed);
}

/// Returns what the lock says of the image's signature.
fn recorded(signed: &Signed) -> serde_json::Value {
    let lock = std::fs::read_to_string(signed.tiny.stack.path("tiny.lock")).expect("a lock");
    let lock: serde_json::Value = serde_json::from_str(&lock).expect("JSON");
    lock["items"][0]["signatures"][0].clone()
}

fn is_judged_again_offline(signed: &Signed, shown_as: &str) {
    let _before = signed.tiny.front("docker.io").take_requests();
    let said = signed.tiny.stack.bundle(["verify", "tiny.tar", "--insecure-unsigned"]).ok();
    let line = format!("{IMAGE} - {shown_as} key {}", signed.hint);
    let mut lines = said.lines().map(|found| found.split_whitespace().collect::<Vec<_>>().join(" "));
    assert!(lines.any(|found| found == line), "{said}");
    assert_eq!(signed.tiny.front("docker.io").take_requests(), Vec::<String>::new());
}

/// Pushes into a registry without the referrers API, and into one with it; in both cosign finds the signature.
fn is_accepted_at_the_other_end(signed: &Signed) {
    let folder = signed.tiny.stack.folder.path();
    for registry in [Registry::docker(&signed.programs, folder), Registry::crane(&signed.programs, folder)] {
        let push = ["push", "tiny.tar", &registry.address, "--insecure-unsigned"];
        signed.tiny.stack.bundle(push).ok();
        let name = format!("{}/falcosecurity/falco@{}", registry.address, signed.image);
        let verify = |key| {
            let flags = ["verify", "--key", key, "--insecure-ignore-tlog", &name];
            signed.programs.run("cosign", folder, &flags).code
        };
        assert_eq!(verify("theirs.pub"), Some(0), "{name}");
        signed.tiny.stack.bundle(push).ok();
        assert_eq!(verify("theirs.pub"), Some(0), "{name} after a second push");
    }
}
