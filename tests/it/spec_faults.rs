//! A spec with faults: all of them in one go, each with its place, and nothing is written.

use std::fs;

use tempfile::TempDir;

use crate::support::bundle;

const FAULTY: &str = "\
apiVersion: bundle/v1alpha1
kind: Bundle
metadata: {name: homelab, version: 1, colour: red}
targets: linux/amd64
policies:
  mine: {unsigned: {reason: pinned}}
  theirs: {keyless: {issuer: https://issuer.example, identity: https://example/workflow}}
components:
  - name: gatekeeper
    images:
      - {ref: docker.io/openpolicyagent/gatekeeper:v3.23.1}
      - {ref: docker.io/openpolicyagent/gatekeeper:v3.23.1, verify: mine}
      - {ref: gatekeeper:v1, verify: nime}
    file:
      - x
  - name: gatekeeper
    images: [{ref: 'docker.io/UPPER/case:1', verify: mine}]
    files:
      - {name: ../escape, url: 'http://x.example/y', sha256: abc}
";

#[test]
fn every_fault_of_a_spec_is_found_in_one_go() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("spec.yaml"), FAULTY).expect("a file");
    let ran = bundle(folder.path(), ["build", "spec.yaml", "-o", "out.tar", "--insecure-unsigned"]);
    assert_eq!(ran.code, Some(2));
    assert_eq!(ran.stdout, "");
    insta::assert_snapshot!(ran.stderr, @"");
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(left, ["spec.yaml"]);
}

#[test]
fn what_is_not_yaml_is_said_with_its_place() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("spec.yaml"), "kind: Bundle\nmetadata: {name: [\n").expect("a file");
    let ran = bundle(folder.path(), ["lock", "spec.yaml"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.stderr, @"");
}
