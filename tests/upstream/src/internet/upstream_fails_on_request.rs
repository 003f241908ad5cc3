//! A front makes a registry fail as a test wants, and only there.

use airgap_bundle::oci::Manifest;
use airgap_bundle::registry::{RegistryError, Repository};
use http::Method;

use super::upstream_is_like_upstream::spec_of;
use super::{Answer, Fault, Front, Options, Upstream, start};

const RULES: &str = "ghcr.io/falcosecurity/rules/falco-rules:5.1.0";

async fn with_front() -> (Upstream, Repository) {
    let mut options = Options::of(spec_of("artifacts", RULES));
    options.fronts = true;
    options.empty = 1;
    let upstream = start(&options).await.expect("it starts");
    let client = upstream.client().expect("a client");
    let repository = client.upstream(&upstream.published[0].reference);
    (upstream, repository)
}

fn front(upstream: &Upstream) -> &Front {
    upstream.front("ghcr.io").expect("every registry has a front")
}

async fn rules(repository: &Repository) -> Manifest {
    repository.manifest("5.1.0").await.expect("it answers").expect("it is there")
}

#[tokio::test]
async fn without_a_fault_everything_passes_and_is_noted() {
    let (upstream, repository) = with_front().await;
    rules(&repository).await;
    let requests = front(&upstream).take_requests();
    assert_eq!(requests, ["GET /v2/falcosecurity/rules/falco-rules/manifests/5.1.0"]);
    assert_eq!(front(&upstream).take_requests(), Vec::<String>::new());
    let target = upstream.front("empty-1").expect("every registry has a front");
    assert_eq!(upstream.empty(1), Some(target.address));
}

#[tokio::test]
async fn a_status_is_answered_as_often_as_it_is_wanted() {
    let (upstream, repository) = with_front().await;
    for (status, refused) in [(401, true), (403, true), (500, false), (503, false)] {
        let fault = Fault { times: Some(1), ..Fault::reading("manifests/5.1.0", Answer::Status(status)) };
        front(&upstream).fault(fault);
        let failed = repository.manifest("5.1.0").await.expect_err("it fails once");
        let found = match failed {
            RegistryError::Unauthorized { status, .. } => (status, true),
            RegistryError::Status { status, .. } => (status, false),
            other => panic!("{other}"),
        };
        assert_eq!(found, (status, refused));
        rules(&repository).await;
    }
    front(&upstream).fault(Fault::reading("manifests/5.1.0", Answer::Status(404)));
    assert_eq!(repository.manifest("5.1.0").await.expect("absent"), None);
    assert_eq!(repository.manifest("5.1.0").await.expect("absent"), None);
    front(&upstream).heal();
    rules(&repository).await;
}

#[tokio::test]
async fn an_altered_blob_has_another_digest() {
    let (upstream, repository) = with_front().await;
    let layer = rules(&repository).await.document.layers[0].clone();
    front(&upstream).fault(Fault::reading(layer.digest, Answer::Altered));
    let failed = repository.blob(&layer, layer.size).await.expect_err("it is altered");
    assert!(matches!(failed, RegistryError::Digest { expected, .. } if expected == layer.digest.to_string()));
}

#[tokio::test]
async fn a_cut_blob_ends_where_it_was_cut() {
    let (upstream, repository) = with_front().await;
    let layer = rules(&repository).await.document.layers[0].clone();
    front(&upstream).fault(Fault { times: Some(1), ..Fault::reading(layer.digest, Answer::CutAfter(100)) });
    let mut taken = 0;
    let take = |_: u64, piece: &[u8]| {
        taken += piece.len();
        Ok(())
    };
    let failed = repository.stream_blob(&layer.digest, layer.size, take).await.expect_err("it is cut");
    assert!(matches!(failed, RegistryError::BrokenOff { received: 100, .. }), "{failed}");
    assert_eq!(taken, 100);
    repository.blob(&layer, layer.size).await.expect("the second time it is whole");
}

#[tokio::test]
async fn writes_fail_too() {
    let (upstream, repository) = with_front().await;
    let manifest = rules(&repository).await;
    let put = || repository.put_manifest("5.1.0", &manifest.descriptor.media_type, manifest.bytes.clone());
    let fault = Fault { method: Some(Method::PUT), ..Fault::reading("/manifests/", Answer::Status(500)) };
    front(&upstream).fault(fault);
    let failed = put().await.expect_err("it is refused");
    assert!(matches!(failed, RegistryError::Status { status: 500, expected: "201", .. }), "{failed}");
    front(&upstream).heal();
    put().await.expect("it is taken");
}
