//! Faults of the registry that `push` writes to.

use http::Method;
use tokio::net::TcpSocket;

use bundle_testing::internet::{Answer, Fault};
use bundle_testing::tiny::{ARTIFACT, IMAGE, Tiny};

/// Builds the bundle.
fn built() -> Tiny {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.build()).ok();
    tiny
}

fn target(tiny: &Tiny) -> String {
    tiny.stack.upstream.empty(1).expect("an empty registry").to_string()
}

fn push(target: &str) -> [&str; 6] {
    ["push", "tiny.tar", target, "--insecure-unsigned", "--retries", "0"]
}

fn writing(path: &str, status: u16) -> Fault {
    Fault { method: Some(Method::PUT), path: path.to_owned(), times: None, answer: Answer::Status(status) }
}

/// Returns a text without the number that a registry gave an upload.
fn without_session(text: &str) -> String {
    let (before, after) = text.split_once("/blobs/uploads/").expect("the address of an upload");
    format!(
        "{before}/blobs/uploads/[session]{}",
        after.trim_start_matches(|letter: char| letter.is_ascii_digit())
    )
}

#[test]
fn a_target_that_is_not_there_is_an_error() {
    let tiny = built();
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = socket.local_addr().expect("an address").to_string();
    insta::assert_snapshot!(tiny.fails(2, push(&address)).replace(&address, "[closed]"), @r"
        error: failed to push
          caused by: failed to reach `http://[closed]/v2/falcosecurity/falco/manifests/0.44.1` for `[closed]/falcosecurity/falco:0.44.1`
          caused by: error sending request
          caused by: client error (Connect)
          caused by: tcp connect error
          caused by: Connection refused (os error 111)

        hint: check that `http://[closed]/v2/` answers from this machine; off a loopback address TLS is spoken unless `--plain-http HOST` says otherwise
        ");
}

#[test]
fn a_target_that_refuses_access_says_where_to_log_in() {
    let tiny = built();
    let refuses = |method| {
        let path = "/v2/falcosecurity/falco/".to_owned();
        let answer = Answer::Status(401);
        tiny.front("empty-1").fault(Fault { method: Some(method), path, times: None, answer });
    };
    refuses(Method::POST);
    insta::assert_snapshot!(tiny.fails(2, push(&target(&tiny))), @r"
        error: failed to push
          caused by: `[empty-1]/falcosecurity/falco@[digest 1]`: `http://[empty-1]/v2/falcosecurity/falco/blobs/uploads/` refuses access (401)

        hint: log in with `docker login [empty-1]`, podman or skopeo: their credential files and helpers are read
        ");
    refuses(Method::HEAD);
    insta::assert_snapshot!(tiny.fails(2, push(&target(&tiny))), @r"
        error: failed to push
          caused by: `[empty-1]/falcosecurity/falco:0.44.1`: `http://[empty-1]/v2/falcosecurity/falco/manifests/0.44.1` refuses access (401)

        hint: log in with `docker login [empty-1]`, podman or skopeo: their credential files and helpers are read
        ");
}

#[test]
fn a_target_that_breaks_in_the_middle_is_an_error_and_the_next_push_continues() {
    let tiny = built();
    tiny.front("empty-1").fault(writing("falco-rules/blobs/uploads/", 500));
    insta::assert_snapshot!(without_session(&tiny.fails(2, push(&target(&tiny)))), @r"
        error: failed to push
          caused by: `[empty-1]/falcosecurity/rules/falco-rules@[digest 1]`: `http://[empty-1]/v2/falcosecurity/rules/falco-rules/blobs/uploads/[session]` answered 500, expected 201: FAULT laid by a test

        hint: the registry failed: run the same command again later, only what is missing is sent
        ");
    tiny.front("empty-1").heal();
    tiny.front("empty-1").fault(writing("falco-rules/manifests/", 500));
    insta::assert_snapshot!(tiny.fails(2, push(&target(&tiny))), @r"
        error: failed to push
          caused by: `[empty-1]/falcosecurity/rules/falco-rules:5.1.0`: `http://[empty-1]/v2/falcosecurity/rules/falco-rules/manifests/5.1.0` answered 500, expected 201: FAULT laid by a test

        hint: the registry failed: run the same command again later, only what is missing is sent
        ");
    tiny.front("empty-1").heal();
    let _before = tiny.front("empty-1").take_requests();
    tiny.stack.bundle(push(&target(&tiny))).ok();
    let again = tiny.front("empty-1").take_requests();
    let uploads: Vec<_> =
        again.iter().filter(|line| line.starts_with("PUT") && line.contains("/blobs/")).collect();
    assert_eq!(uploads, Vec::<&String>::new(), "every blob was there already");
}

#[test]
fn a_target_that_does_not_keep_what_it_took_is_found_out() {
    let tiny = built();
    tiny.front("empty-1").fault(writing("/manifests/5.1.0", 201));
    insta::assert_snapshot!(tiny.fails(1, push(&target(&tiny))), @r"
        error: the push is not complete; these cannot be read back: falcosecurity/rules/falco-rules@[digest 1]

        hint: run the same command again: only what is missing is sent
        ");
}

#[test]
fn an_index_whose_child_is_gone_is_sent_again() {
    let tiny = built();
    let target = target(&tiny);
    tiny.stack.bundle(push(&target)).ok();
    let child = tiny.manifest(IMAGE).document.manifests.expect("an index")[0].digest;
    let gone = format!("/manifests/{child}");
    let (method, answer) = (Some(Method::HEAD), Answer::Status(404));
    tiny.front("empty-1").fault(Fault { method, path: gone.clone(), times: Some(1), answer });
    let _before = tiny.front("empty-1").take_requests();
    tiny.stack.bundle(push(&target)).ok();
    let requests = tiny.front("empty-1").take_requests();
    assert!(requests.iter().any(|line| line.starts_with("PUT ") && line.ends_with(&gone)), "{requests:?}");
}

#[test]
fn a_signature_that_cannot_be_read_back_is_listed() {
    let tiny = Tiny::new();
    let subject = tiny.manifest(ARTIFACT).descriptor.digest;
    let name = format!("sha256-{}.sig", subject.hex());
    let signature = tiny.manifest(ARTIFACT);
    let put = tiny.artifacts();
    let put = put.put_manifest(&name, &signature.descriptor.media_type, signature.bytes.clone());
    tiny.stack.block_on(put).expect("it is taken");
    tiny.stack.bundle(tiny.build()).ok();
    tiny.front("empty-1").fault(writing(&format!("/manifests/{name}"), 201));
    let said = tiny.fails(1, push(&target(&tiny)));
    assert!(said.contains("the push is not complete; these cannot be read back: "), "{said}");
    assert!(said.contains(".sig"), "{said}");
}

#[test]
fn a_referrer_that_cannot_be_found_from_its_subject_is_listed() {
    let tiny = Tiny::new();
    let subject = tiny.manifest(ARTIFACT).descriptor;
    let referrer = serde_json::json!({
        "schemaVersion": 2, "mediaType": subject.media_type, "layers": [], "subject": subject,
        "config": tiny.manifest(ARTIFACT).document.config,
    });
    let bytes: bytes::Bytes = referrer.to_string().into();
    let digest = airgap_bundle::digest::Digest::of(&bytes).to_string();
    let artifacts = tiny.artifacts();
    let put = artifacts.put_manifest(&digest, &subject.media_type, bytes);
    tiny.stack.block_on(put).expect("it is taken");
    tiny.stack.bundle(tiny.build()).ok();
    // The registry says that it keeps the list, and does not give it.
    tiny.front("empty-1").fault(Fault::reading("/referrers/", Answer::Status(404)));
    insta::assert_snapshot!(tiny.fails(1, push(&target(&tiny))), @r"
        error: the push is not complete; these cannot be read back: falcosecurity/rules/falco-rules@[digest 1] (not listed as a referrer)

        hint: run the same command again: only what is missing is sent
        ");
}

#[test]
fn a_tag_that_points_elsewhere_is_moved_only_when_asked_to() {
    let tiny = built();
    let target = target(&tiny);
    tiny.stack.bundle(push(&target)).ok();
    let other = tiny.manifest(IMAGE);
    let falco = tiny.target("falcosecurity/falco");
    let child = other.document.manifests.as_ref().expect("an index")[0].digest.to_string();
    let child = tiny.stack.block_on(falco.manifest(&child)).expect("an answer").expect("a manifest");
    let put = falco.put_manifest("0.44.1", &child.descriptor.media_type, child.bytes.clone());
    tiny.stack.block_on(put).expect("it is taken");
    insta::assert_snapshot!(tiny.fails(1, push(&target)), @r"
        error: `[empty-1]/falcosecurity/falco:0.44.1` already exists with another digest: expected `[digest 1]`, found `[digest 2]`

        hint: `--retag` moves the tag to what the bundle holds
        ");
    let resolve = || tiny.stack.block_on(falco.resolve("0.44.1")).expect("an answer");
    assert_eq!(resolve(), Some(child.descriptor.digest));
    tiny.stack.bundle(push(&target).into_iter().chain(["--retag"])).ok();
    assert_eq!(resolve(), Some(other.descriptor.digest));
}

#[test]
fn two_upstream_repositories_of_one_path_are_refused() {
    let tiny = Tiny::new();
    let second = IMAGE.replace("docker.io", "mirror.example");
    let spec = bundle_testing::tiny::spec("{unsigned: {reason: pinned}}")
        .replace(ARTIFACT, &second)
        .replace("artifacts:", "# :");
    let spec = spec.replace("    # :", "  - name: copy\n    images:");
    tiny.stack.write("tiny.yaml", &spec);
    let docker = tiny.stack.upstream.addresses["docker.io"];
    let host = |name: &str| format!("{name}: {{mirror: \"{docker}\"}}\n");
    tiny.stack.write("registries.yaml", &(host("docker.io") + &host("mirror.example")));
    tiny.stack.bundle(tiny.build()).ok();
    let _before = tiny.front("empty-1").take_requests();
    insta::assert_snapshot!(tiny.fails(1, push(&target(&tiny))), @r"
        error: `docker.io/falcosecurity/falco` and `mirror.example/falcosecurity/falco` would both become `falcosecurity/falco`

        hint: give one of the two hosts a path of its own: `--path mirror.example=mirror.example` with `push` and `serve`, `registry: {paths: {'mirror.example': mirror.example}}` in the site; then `mirror.example/falcosecurity/falco` becomes `mirror.example/falcosecurity/falco`
        ");
    assert_eq!(tiny.front("empty-1").take_requests(), Vec::<String>::new());
    // Where the spec names a site, the build says so already, as long as the site does not keep them apart.
    tiny.stack.write("layers/10-none/layer.yaml", "apiVersion: bundle/v1alpha1\nkind: Layer\n");
    tiny.stack
        .write("tiny.yaml", &format!("{spec}layers: layers\nplatforms: {{k3s: k3s}}\nsites: [site.yaml]\n"));
    tiny.stack.write("k3s/values.yaml", "{}\n");
    let site = |paths: &str| {
        let registry = format!("registry: {{address: registry.lan{paths}}}\n");
        let text = format!("apiVersion: bundle/v1alpha1\nkind: Site\nplatform: k3s\n{registry}");
        tiny.stack.write("site.yaml", &text);
    };
    site("");
    insta::assert_snapshot!(tiny.fails(1, tiny.build()), @r"
        verified 2 images and artifacts, 0 files
        warning: `site.yaml`: `network.apiServer.addresses` is empty: pods that may reach the API server may reach port 6443 of any address
        error: cannot push the whole bundle to the registry of `site.yaml`
          caused by: `docker.io/falcosecurity/falco` and `mirror.example/falcosecurity/falco` would both become `falcosecurity/falco`

        hint: give one of the two hosts a path of its own: `--path mirror.example=mirror.example` with `push` and `serve`, `registry: {paths: {'mirror.example': mirror.example}}` in the site; then `mirror.example/falcosecurity/falco` becomes `mirror.example/falcosecurity/falco`
        ");
    site(", paths: {mirror.example: copy}");
    tiny.stack.bundle(tiny.build()).ok();
}
