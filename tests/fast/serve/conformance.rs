//! What the OCI distribution specification (version 1.1) asks of a registry that is pulled from, each as a request and its
//! answer. Pushing and content management are not for a registry that is read-only: it answers 405.

use airgap_bundle::digest::Digest;
use airgap_bundle::oci::{self, Descriptor};
use http::Method;
use tempfile::TempDir;

use super::{block_on, http};
use bundle_testing::made::Made;
use bundle_testing::served::Served;

const LAYER: &[u8] = b"a layer";
const JSON: &str = "application/json";
const BINARY: &str = "application/octet-stream";

/// A request and what has to come back.
struct Case {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    status: u16,
    answers: Vec<(&'static str, String)>,
    /// What the body is, or holds.
    body: Body,
}

enum Body {
    Is(Vec<u8>),
    Holds(String),
}

fn case(method: Method, path: impl Into<String>, status: u16, body: Body) -> Case {
    Case { method, path: path.into(), headers: Vec::new(), status, answers: Vec::new(), body }
}

fn get(path: impl Into<String>, status: u16, body: Body) -> Case {
    case(Method::GET, path, status, body)
}

fn head(path: impl Into<String>, status: u16) -> Case {
    case(Method::HEAD, path, status, Body::Is(Vec::new()))
}

impl Case {
    fn answers(mut self, name: &'static str, value: impl ToString) -> Self {
        self.answers.push((name, value.to_string()));
        self
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    async fn run(&self, served: &Served) {
        let name = format!("{} {} {:?}", self.method, self.path, self.headers);
        let request = http().request(self.method.clone(), served.url(&self.path));
        let request =
            self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), self.status, "{name}");
        for (header, value) in &self.answers {
            let found = answer.headers().get(*header).map(|found| found.to_str().expect("a text"));
            assert_eq!(found, Some(value.as_str()), "{name}: {header}");
        }
        let found = answer.bytes().await.expect("a body");
        match &self.body {
            Body::Is(expected) => assert_eq!(found, expected, "{name}"),
            Body::Holds(part) => {
                let found = String::from_utf8_lossy(&found);
                assert!(found.contains(part), "{name}: {found}");
            }
        }
    }
}

/// The error that the specification has a code for.
fn error(code: &str) -> Body {
    Body::Holds(format!(r#"{{"errors":[{{"code":"{code}","message":"#))
}

/// What the served bundle holds.
struct Held {
    image: Descriptor,
    index: Descriptor,
    referrers: Vec<Descriptor>,
    _folder: TempDir,
    served: Served,
}

fn held() -> Held {
    let (mut made, folder) = (Made::default(), TempDir::new().expect("a folder"));
    let image = made.image("docker.io/acme/app:1", LAYER);
    let index = made.index("docker.io/acme/app:Latest", &[&image]);
    let referrers = ["text/a", "text/b"].map(|kind| {
        let mut referrer = made.referrer("docker.io/acme/app", kind, &image);
        referrer.artifact_type = Some(kind.to_owned());
        referrer
    });
    made.write(folder.path());
    let served = Served::start(folder.path(), &["--insecure-unsigned"]);
    Held { image, index, referrers: referrers.into(), _folder: folder, served }
}

fn run(held: &Held, cases: impl IntoIterator<Item = Case>) {
    block_on(async {
        for case in cases {
            case.run(&held.served).await;
        }
    });
}

// See: OCI distribution-spec, "Determining Support"
#[test]
fn the_version_of_the_protocol_is_answered() {
    let held = held();
    run(&held, [get("", 200, Body::Is(b"{}".to_vec())).answers("content-type", JSON), head("", 200)]);
}

// See: OCI distribution-spec, "Pulling manifests" and "Checking if content exists in the registry"
#[test]
fn manifests_are_pulled_by_tag_and_by_digest() {
    let held = held();
    for (reference, descriptor) in [
        ("1".to_owned(), &held.image),
        (held.image.digest.to_string(), &held.image),
        ("Latest".to_owned(), &held.index),
        (held.index.digest.to_string(), &held.index),
    ] {
        let said = |case: Case| {
            case.answers("content-type", &descriptor.media_type)
                .answers("docker-content-digest", descriptor.digest)
                .answers("content-length", descriptor.size)
        };
        let path = format!("acme/app/manifests/{reference}");
        run(
            &held,
            [
                said(get(&path, 200, Body::Holds("schemaVersion".to_owned()))),
                said(head(&path, 200)),
                said(
                    get(&path, 200, Body::Holds("schemaVersion".to_owned()))
                        .with("accept", oci::DOCKER_MANIFEST),
                ),
            ],
        );
    }
    let absent = Digest::of(b"absent");
    run(
        &held,
        [
            get(format!("acme/app/manifests/{absent}"), 404, error("MANIFEST_UNKNOWN")),
            get("acme/app/manifests/.INVALID_MANIFEST_NAME", 404, error("MANIFEST_UNKNOWN")),
            get("acme/other/manifests/1", 404, error("MANIFEST_UNKNOWN")),
            head("acme/app/manifests/2", 404),
            head(format!("acme/app/manifests/{absent}"), 404),
        ],
    );
}

// See: OCI distribution-spec, "Pulling blobs"
#[test]
fn blobs_are_pulled_whole_and_in_part() {
    let held = held();
    let digest = Digest::of(LAYER);
    let path = format!("acme/app/blobs/{digest}");
    let said = |case: Case| case.answers("docker-content-digest", digest).answers("content-type", BINARY);
    run(
        &held,
        [
            said(get(&path, 200, Body::Is(LAYER.to_vec()))).answers("content-length", LAYER.len()),
            said(head(&path, 200)).answers("content-length", LAYER.len()),
            said(get(&path, 206, Body::Is(LAYER[2..4].to_vec())))
                .with("range", "bytes=2-3")
                .answers("content-range", "bytes 2-3/7"),
            get(&path, 416, Body::Is(Vec::new()))
                .with("range", "bytes=7-")
                .answers("content-range", "bytes */7"),
            get(format!("acme/app/blobs/{}", Digest::of(b"absent")), 404, error("BLOB_UNKNOWN")),
            head(format!("acme/app/blobs/{}", Digest::of(b"absent")), 404),
            get(format!("acme/other/blobs/{digest}"), 404, error("BLOB_UNKNOWN")),
            get("acme/app/blobs/sha256:0", 400, error("DIGEST_INVALID")),
        ],
    );
}

// See: OCI distribution-spec, "Listing Tags"
#[test]
fn tags_are_listed_in_order_and_in_pages() {
    let held = held();
    let list = |tags: &str| Body::Is(format!(r#"{{"name":"acme/app","tags":[{tags}]}}"#).into());
    let next = r#"</v2/acme/app/tags/list?n=1&last=1>; rel="next""#;
    run(
        &held,
        [
            get("acme/app/tags/list", 200, list(r#""1","Latest""#)).answers("content-type", JSON),
            get("acme/app/tags/list?n=1", 200, list(r#""1""#)).answers("link", next),
            get("acme/app/tags/list?n=1&last=1", 200, list(r#""Latest""#)),
            get("acme/app/tags/list?last=kettle", 200, list(r#""Latest""#)),
            get("acme/app/tags/list?n=0", 200, list("")),
            get("acme/other/tags/list", 404, error("NAME_UNKNOWN")),
        ],
    );
}

// See: OCI distribution-spec, "Listing Referrers"
#[test]
fn referrers_are_listed_filtered_and_never_absent() {
    let held = held();
    let path = |subject: Digest| format!("acme/app/referrers/{subject}");
    let image = path(held.image.digest);
    let empty = || Body::Is(index(&[]).into());
    let both = Body::Is(index(&held.referrers.iter().collect::<Vec<_>>()).into());
    run(
        &held,
        [
            get(&image, 200, both).answers("content-type", oci::INDEX),
            get(format!("{image}?artifactType=text/b"), 200, Body::Holds(r#""of":"text/b""#.to_owned()))
                .answers("oci-filters-applied", "artifactType"),
            get(format!("{image}?artifactType=text%2Fc"), 200, empty())
                .answers("oci-filters-applied", "artifactType"),
            get(path(held.index.digest), 200, empty()),
            get(path(Digest::of(b"absent")), 200, empty()),
            get(format!("acme/other/referrers/{}", held.image.digest), 200, empty()),
            get("acme/app/referrers/none", 400, error("DIGEST_INVALID")),
        ],
    );
}

// See: OCI distribution-spec, "Referrers Tag Schema"
#[test]
fn a_client_without_the_referrers_api_finds_the_same_list() {
    let held = held();
    let path = format!("acme/app/manifests/sha256-{}", held.image.digest.hex());
    let list = index(&held.referrers.iter().collect::<Vec<_>>());
    run(&held, [get(path, 200, Body::Is(list.into())).answers("content-type", oci::INDEX)]);
}

/// Returns the list of referrers that is served.
fn index(referrers: &[&Descriptor]) -> String {
    let mut listed: Vec<_> = referrers.iter().map(|found| (found.digest, *found)).collect();
    listed.sort_by_key(|(digest, _)| *digest);
    let listed: Vec<_> = listed
        .into_iter()
        .map(|(_, found)| {
            let kind = found.artifact_type.clone().expect("a kind");
            found.clone().annotated("of", kind)
        })
        .collect();
    serde_json::json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": listed}).to_string()
}

// See: OCI distribution-spec, "Push" and "Content Management", which a registry may leave out
#[test]
fn every_write_is_refused_with_what_is_allowed() {
    let held = held();
    let refused = |method: Method, path: &str, allow: &str| {
        case(method, path, 405, error("UNSUPPORTED")).answers("allow", allow)
    };
    let blob = format!("acme/app/blobs/{}", Digest::of(LAYER));
    let reads = "GET, HEAD";
    run(
        &held,
        [
            refused(Method::PUT, "acme/app/manifests/1", reads),
            refused(Method::DELETE, "acme/app/manifests/1", reads),
            refused(Method::DELETE, &blob, reads),
            refused(Method::POST, "acme/app/blobs/uploads/", ""),
            refused(Method::PATCH, "acme/app/blobs/uploads/1", ""),
            refused(Method::PUT, "acme/app/blobs/uploads/1", ""),
            refused(Method::GET, "acme/app/blobs/uploads/1", ""),
            refused(Method::POST, "", reads),
            get("acme/App/tags/list", 400, error("NAME_INVALID")),
        ],
    );
}
