//! Faults of the registries that `lock` and `build` read from.

use airgap_bundle::oci;
use http::Method;
use serde_json::json;
use tokio::net::TcpSocket;

use bundle_testing::internet::{Answer, Fault};
use bundle_testing::tiny::{ARTIFACT, Tiny};

#[test]
fn a_registry_that_is_not_there_is_an_error() {
    let tiny = Tiny::new();
    // A port that is taken and does not listen.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    let docker = tiny.stack.upstream.addresses["docker.io"];
    tiny.stack.write(
        "registries.yaml",
        &format!("docker.io: {{mirror: \"{docker}\"}}\nghcr.io: {{mirror: \"{address}\"}}\n"),
    );
    insta::assert_snapshot!(tiny.fails(2, tiny.lock()).replace(&address, "[closed]"), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: failed to reach `http://[closed]/v2/falcosecurity/rules/falco-rules/manifests/5.1.0` for `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)

        hint: check that `http://[closed]/v2/` answers from this machine; a mirror of it is named in the file of `--registries`
        ");
}

#[test]
fn entries_of_one_host_that_cannot_be_reached_are_one_fault() {
    let tiny = Tiny::new();
    // A port that is taken, and that no program listens on.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    tiny.stack.write(
        "registries.yaml",
        &format!("docker.io: {{mirror: \"{address}\"}}\nghcr.io: {{mirror: \"{address}\"}}\n"),
    );
    insta::assert_snapshot!(tiny.fails(2, tiny.lock()).replace(&address, "[closed]"), @r"
        error: 2 of the bundle's entries could not be resolved or verified
          - `http://[closed]` cannot be reached: client error (Connect): tcp connect error: Connection refused (os error 111); 2 entries need it:
              docker.io/falcosecurity/falco:0.44.1
              ghcr.io/falcosecurity/rules/falco-rules:5.1.0

        hint: check that `http://[closed]/v2/` answers from this machine; a mirror of it is named in the file of `--registries`
        ");
}

#[test]
fn what_a_registry_does_not_have_is_named() {
    let tiny = Tiny::new();
    tiny.fault("manifests/5.1.0", Answer::Status(404));
    insta::assert_snapshot!(tiny.fails(2, tiny.lock()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: not found at `http://[ghcr.io]/v2/falcosecurity/rules/falco-rules/manifests/5.1.0`

        hint: check the name and the tag in the spec; if the lock's digest is gone, `bundle lock SPEC --update` takes the tag's current digest
        ");
}

#[test]
fn a_registry_that_refuses_access_says_where_to_log_in() {
    let tiny = Tiny::new();
    tiny.fault("manifests/5.1.0", Answer::Status(401));
    insta::assert_snapshot!(tiny.fails(2, tiny.lock()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `http://[ghcr.io]/v2/falcosecurity/rules/falco-rules/manifests/5.1.0` refuses access (401)

        hint: log in with `docker login [ghcr.io]`, podman or skopeo: their credential files and helpers are read
        ");
    tiny.front("ghcr.io").heal();
    tiny.fault("manifests/5.1.0", Answer::Status(403));
    insta::assert_snapshot!(tiny.fails(2, tiny.lock()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `http://[ghcr.io]/v2/falcosecurity/rules/falco-rules/manifests/5.1.0` refuses access (403)

        hint: log in with `docker login [ghcr.io]`, podman or skopeo: their credential files and helpers are read
        ");
}

#[test]
fn a_registry_that_breaks_is_an_error_of_every_entry_that_needs_it() {
    let tiny = Tiny::new();
    tiny.fault("manifests/5.1.0", Answer::Status(500));
    tiny.front("docker.io").fault(Fault::reading("manifests/0.44.1", Answer::Status(503)));
    insta::assert_snapshot!(tiny.fails(2, tiny.lock()), @r"
        error: 2 of the bundle's entries could not be resolved or verified
          - failed to resolve `docker.io/falcosecurity/falco:0.44.1`: `docker.io/falcosecurity/falco:0.44.1`: `http://[docker.io]/v2/falcosecurity/falco/manifests/0.44.1` answered 503, expected 200: FAULT laid by a test
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `http://[ghcr.io]/v2/falcosecurity/rules/falco-rules/manifests/5.1.0` answered 500, expected 200: FAULT laid by a test

        hint: the registry failed: run the same command again later
        ");
}

#[test]
fn a_blob_that_breaks_off_is_an_error() {
    let tiny = Tiny::new();
    tiny.fault(tiny.manifest(ARTIFACT).document.layers[0].digest, Answer::CutAfter(100));
    insta::assert_snapshot!(tiny.fails(2, tiny.build()), @r"
        verified 2 images and artifacts, 0 files
        error: `ghcr.io/falcosecurity/rules/falco-rules@[digest 1]`: the answer of `http://[ghcr.io]/v2/falcosecurity/rules/falco-rules/blobs/[digest 1]` broke off after 100 bytes
          caused by: error decoding response body
          caused by: error reading a body from connection
          caused by: end of file before message length reached

        hint: run the same command again
        ");
}

#[test]
fn a_blob_that_is_gone_is_an_error() {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.lock()).ok();
    tiny.fault(tiny.manifest(ARTIFACT).document.layers[0].digest, Answer::Status(404));
    insta::assert_snapshot!(tiny.fails(2, tiny.build()), @r"
        verified 2 images and artifacts, 0 files
        error: `ghcr.io/falcosecurity/rules/falco-rules@[digest 1]`: not found at `http://[ghcr.io]/v2/falcosecurity/rules/falco-rules/blobs/[digest 1]`

        hint: the registry lacks a part of what it publishes: run the same command again later
        ");
}

#[test]
fn a_failure_while_looking_for_signatures_is_not_their_absence() {
    let tiny = Tiny::new();
    let digest = tiny.manifest(ARTIFACT).descriptor.digest;
    for (what, path) in [
        (
            format!("referrers of `ghcr.io/falcosecurity/rules/falco-rules@{digest}`"),
            format!("referrers/{digest}"),
        ),
        tagged(&format!("sha256-{}.sig", digest.hex())),
        tagged(&format!("sha256-{}.att", digest.hex())),
    ] {
        tiny.fault(&path, Answer::Status(500));
        let expected = format!(
            "error: 1 of the bundle's entries could not be resolved or verified\n  \
             - failed to resolve `{ARTIFACT}`: {what}: `http://[ghcr.io]/v2/falcosecurity/rules/falco-rules/{path}` answered 500, expected 200: FAULT laid by a test\n\n\
             hint: the registry failed: run the same command again later\n"
        );
        assert_eq!(tiny.fails(2, tiny.lock()), tiny.plain(&expected));
        tiny.front("ghcr.io").heal();
    }
    tiny.stack.bundle(tiny.lock()).ok();
}

#[test]
fn only_404_says_that_there_is_no_signature() {
    let tiny = Tiny::new();
    let digest = tiny.manifest(ARTIFACT).descriptor.digest;
    let mut taken = Vec::new();
    for status in [400, 401, 403, 405, 406, 408, 410, 416, 429, 500, 501, 502, 503, 504] {
        for path in [format!("referrers/{digest}"), format!("manifests/sha256-{}.sig", digest.hex())] {
            tiny.fault(&path, Answer::Status(status));
            let ran = tiny.stack.bundle(tiny.lock());
            tiny.front("ghcr.io").heal();
            if ran.code == Some(0) || !ran.stderr.contains(&status.to_string()) {
                taken.push((status, path, ran));
            }
        }
    }
    assert!(taken.is_empty(), "{taken:?}");
}

fn tagged(tag: &str) -> (String, String) {
    (format!("`ghcr.io/falcosecurity/rules/falco-rules:{tag}`"), format!("manifests/{tag}"))
}

#[test]
fn a_registry_without_referrers_api_is_asked_for_the_tag_in_its_place() {
    let tiny = Tiny::new();
    let digest = tiny.manifest(ARTIFACT).descriptor.digest;
    tiny.fault("/referrers/", Answer::Status(404));
    let tag = format!("manifests/sha256-{}", digest.hex());
    let broken = Fault { times: Some(1), ..Fault::reading(&tag, Answer::Status(500)) };
    tiny.front("ghcr.io").fault(broken);
    let said = tiny.fails(2, tiny.lock());
    assert!(said.contains(&format!("/{tag}` answered 500, expected 200")), "{said}");
    let _before = tiny.front("ghcr.io").take_requests();
    tiny.stack.bundle(tiny.lock()).ok();
    let requests = tiny.front("ghcr.io").take_requests();
    let asked = |end: &str| requests.iter().any(|line| line.ends_with(&format!("{tag}{end}")));
    assert!(asked("") && asked(".sig") && asked(".att"), "{requests:?}");
}

#[test]
fn what_is_listed_as_a_referrer_and_is_none_is_refused() {
    let tiny = Tiny::new();
    let artifact = tiny.manifest(ARTIFACT).descriptor;
    let listed = json!({
        "schemaVersion": 2,
        "mediaType": oci::INDEX,
        "manifests": [{"mediaType": artifact.media_type, "digest": artifact.digest, "size": artifact.size}],
    });
    let tag = format!("sha256-{}", artifact.digest.hex());
    let artifacts = tiny.artifacts();
    let put = artifacts.put_manifest(&tag, oci::INDEX, listed.to_string().into());
    tiny.stack.block_on(put).expect("it is taken");
    tiny.fault("/referrers/", Answer::Status(404));
    insta::assert_snapshot!(tiny.fails(1, tiny.lock()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `ghcr.io/falcosecurity/rules/falco-rules@[digest 1]`: it is listed as a referrer of `[digest 1]`, but refers to nothing

        hint: that is not what a registry sends: ask upstream's registry directly, and do not use this content
        ");
}

#[test]
fn a_build_after_a_failed_one_is_complete() {
    let tiny = Tiny::new();
    let layer = tiny.manifest(ARTIFACT).document.layers[0].digest;
    tiny.front("ghcr.io").fault(Fault {
        method: Some(Method::GET),
        path: layer.to_string(),
        times: Some(1),
        answer: Answer::CutAfter(1),
    });
    tiny.fails(2, tiny.build());
    tiny.stack.bundle(tiny.build()).ok();
    tiny.stack.bundle(["verify", "tiny.tar", "--insecure-unsigned"]).ok();
}
