//! A spec with faults: all of them in one go, each with its place, and nothing is written.

use std::fs;

use tempfile::TempDir;

use bundle_testing::support::bundle;

const FAULTY: &str = "\
apiVersion: bundle/v1alpha1
kind: Bundle
metadata: {name: homelab, version: 1, colour: red}
targets: linux/amd64
policies:
  mine: {unsigned: {reason: pinned}}
  theirs: {keyless: {issuer: https://issuer.example, identityRegexp: https://example/(workflow}}
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
    insta::assert_snapshot!(ran.stderr, @r"
        error: `spec.yaml` has 13 faults
          spec.yaml:3:39: unknown field `colour` in `metadata`
            hint: `metadata` takes: name, version
          spec.yaml:4:10: `targets` must be a list, found a string `linux/amd64`
            hint: write a list here
          spec.yaml:7:70: the pattern `https://example/(workflow` is not a regular expression: unclosed group
            hint: write an expression that matches the whole identity
          spec.yaml:11:9: `docker.io/openpolicyagent/gatekeeper:v3.23.1` has no policy: a bundle carries nothing unverified
            hint: add `verify:` with the name of a policy, or with an inline one such as {unsigned: {reason: …}}
          spec.yaml:12:15: reference `docker.io/openpolicyagent/gatekeeper:v3.23.1` is listed twice
            hint: it is already in line 11; keep one of the two
          spec.yaml:13:15: `gatekeeper:v1` names no registry
            hint: write `docker.io/library/gatekeeper:v1` if that is meant
          spec.yaml:13:38: unknown policy `nime`
            hint: define it under `policies`, above its use; there are: mine, theirs
          spec.yaml:14:5: unknown field `file` in a component
            hint: did you mean `files`?
          spec.yaml:16:5: component `gatekeeper` is listed twice
            hint: it is already in line 9; keep one of the two
          spec.yaml:17:20: `ref`: `docker.io/UPPER/case:1` is not an image reference: invalid reference format
            hint: write host/name:tag in full: docker.io/falcosecurity/falco:0.43.1
          spec.yaml:19:16: `../escape` cannot be part of a file's name
            hint: use letters, digits, `.`, `_` and `-`, at most 100, and no `.` in front
          spec.yaml:19:32: `http://x.example/y` is not fetched over a safe connection
            hint: write an https:// address, or http:// together with a sha256
          spec.yaml:19:62: `abc` is not a SHA-256
            hint: write 64 lower-case hexadecimal digits
        ");
    let left: Vec<_> = fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left, ["spec.yaml"]);
}

#[test]
fn a_file_that_is_not_yaml_is_reported_with_its_place() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("spec.yaml"), "kind: Bundle\nmetadata: {name: [\n").expect("a file");
    let ran = bundle(folder.path(), ["lock", "spec.yaml"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.stderr, @r"
        error: `spec.yaml` has 1 fault
          spec.yaml:2:18: unclosed bracket '[' at line 2, column 18
            hint: fix the YAML at this place
        ");
}

#[test]
fn a_target_that_no_image_can_have_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let spec = "apiVersion: bundle/v1alpha1\nkind: Bundle\nmetadata: {name: homelab, version: 1}\n\
        targets: [linux/amd65, linux/aarch64, linux/riscv]\ncomponents: []\n";
    fs::write(folder.path().join("spec.yaml"), spec).expect("a file");
    let ran = bundle(folder.path(), ["lock", "spec.yaml"]);
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.stderr, @r"
        error: `spec.yaml` has 3 faults
          spec.yaml:4:11: `linux/amd65` is not a platform: unknown architecture `amd65`
            hint: did you mean `linux/amd64`?
          spec.yaml:4:24: `linux/aarch64` is not a platform: unknown architecture `aarch64`
            hint: did you mean `linux/arm64`?
          spec.yaml:4:39: `linux/riscv` is not a platform: unknown architecture `riscv`
            hint: did you mean `linux/riscv64`?
        ");
}
