//! A third of all requests goes wrong, each in another way. What ends well is complete, and what does not says why.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use airgap_bundle::archive::Archive;
use airgap_bundle::ops::{
    BuildOptions, BundleTrust, OpsError, PushOptions, Trust, Upstream, Workspace, build, open, push,
};
use airgap_bundle::registry::push::PushReport;
use airgap_bundle::registry::{Access, Client, Endpoint, Patience};
use airgap_bundle::report::Silent;
use airgap_bundle::server::Registry;
use airgap_bundle::spec::{DenyList, Registries};
use airgap_bundle::trust::TrustedRoot;

use bundle_testing::internet::{Chaos, Front};
use bundle_testing::tiny::{ARTIFACT, Tiny};

const RUNS: u64 = 50;
const PERCENT: u64 = 30;

/// Returns an access that tries as often as usual and never waits.
fn hasty() -> Access {
    let none = Duration::ZERO;
    Access {
        patience: Patience { first_wait: none, longest_wait: none, ..Patience::default() },
        ..Access::default()
    }
}

/// Starts a stand-in whose artifact has a signature and a referrer.
fn signed() -> Tiny {
    let tiny = Tiny::new();
    let (subject, artifacts) = (tiny.manifest(ARTIFACT), tiny.artifacts());
    let media_type = &subject.descriptor.media_type;
    let referrer = serde_json::json!({
        "schemaVersion": 2, "mediaType": media_type, "layers": [], "subject": subject.descriptor,
        "config": subject.document.config,
    });
    let referrer: bytes::Bytes = referrer.to_string().into();
    let digest = airgap_bundle::digest::Digest::of(&referrer).to_string();
    let tag = format!("sha256-{}.sig", subject.descriptor.digest.hex());
    for (name, bytes) in [(digest, referrer), (tag, subject.bytes.clone())] {
        tiny.stack.block_on(artifacts.put_manifest(&name, media_type, bytes)).expect("it is taken");
    }
    tiny.stack.bundle(tiny.build()).ok();
    tiny
}

fn root() -> TrustedRoot {
    TrustedRoot::embedded().expect("a trusted root")
}

fn opened(path: &Path) -> Arc<Archive> {
    let trust = Trust { bundle: BundleTrust::InsecureUnsigned, root: root(), deny: DenyList::default() };
    Arc::new(open(path, &trust).expect("a good bundle"))
}

async fn pushed(archive: &Arc<Archive>, front: &Front) -> Result<PushReport, OpsError> {
    let endpoint = Endpoint::new(&front.address.to_string(), None, "");
    let options = PushOptions { endpoint, paths: Default::default(), access: hasty(), retag: false, jobs: 4 };
    push(archive.clone(), &options, Arc::new(Silent)).await
}

/// Returns what a registry lacks of a bundle.
async fn lacks(archive: &Archive, client: &Client, endpoint: &Endpoint) -> Vec<String> {
    let mut lacks = Vec::new();
    for entry in archive.entries() {
        let (_, path) = entry.repository.split_once('/').expect("a host");
        let repository = client.repository(endpoint.clone(), path, path);
        let digest = entry.descriptor.digest;
        let top = archive.manifest(&digest).expect("a manifest");
        let children = top.document.manifests.iter().flatten().map(|child| child.digest);
        for digest in children.chain([digest]) {
            let name = format!("{path}@{digest}");
            let Some(found) = repository.manifest(&digest.to_string()).await.expect("an answer") else {
                lacks.push(name);
                continue;
            };
            for blob in found.document.blobs() {
                if repository.stream_blob(&blob.digest, blob.size, |_, _| Ok(())).await.is_err() {
                    lacks.push(format!("{name}: {}", blob.digest));
                }
            }
            if let Some(subject) = found.document.subject {
                let listed = repository.referrers(&subject.digest).await.expect("an answer").expect("a list");
                lacks.extend((!listed.iter().any(|entry| entry.digest == digest)).then_some(name));
            }
        }
        if let Some(tag) = &entry.tag {
            let found = repository.resolve(tag).await.expect("an answer");
            lacks.extend((found != Some(digest)).then(|| format!("{path}:{tag}")));
        }
    }
    lacks
}

/// Returns an error with its causes.
fn told(error: &dyn std::error::Error) -> String {
    let cause = error.source().map(|cause| format!("\n{}", told(cause)));
    error.to_string() + &cause.unwrap_or_default()
}

#[test]
fn a_push_through_chaos_is_complete_or_says_what_is_not() {
    let tiny = signed();
    let archive = opened(&tiny.stack.path("tiny.tar"));
    let client = Client::new(Registries::default()).expect("a client");
    let mut complete = 0;
    for seed in 0..RUNS {
        complete += tiny.stack.block_on(async {
            let registry = Registry::writable().spawn().await.expect("a registry");
            let front = Front::start(registry.address).await.expect("a front");
            front.rage(Chaos::new(seed, PERCENT));
            let ended = pushed(&archive, &front).await;
            let endpoint = Endpoint::new(&registry.address.to_string(), None, "");
            let lacks_now = lacks(&archive, &client, &endpoint).await;
            match &ended {
                Ok(report) => assert_eq!((lacks_now, report.left_out.len()), (Vec::new(), 0), "seed {seed}"),
                Err(error) => {
                    let text = told(error);
                    assert!(text.contains("falcosecurity/"), "seed {seed} names nothing: {text}");
                    front.heal();
                    let _report = pushed(&archive, &front).await.expect("the next push goes on");
                    assert_eq!(
                        lacks(&archive, &client, &endpoint).await,
                        Vec::<String>::new(),
                        "seed {seed}"
                    );
                }
            }
            usize::from(ended.is_ok())
        });
    }
    println!("{complete} of {RUNS} pushes were complete, the others said why not");
    assert!((5..45).contains(&complete), "{complete} of {RUNS}");
}

#[test]
fn a_build_through_chaos_gives_the_same_bundle_or_none() {
    let tiny = signed();
    let expected = std::fs::read(tiny.stack.path("tiny.tar")).expect("a bundle");
    let workspace = Workspace::load(&tiny.stack.path("tiny.yaml")).expect("a spec");
    let mut complete = 0;
    for seed in 0..RUNS {
        for host in ["docker.io", "ghcr.io"] {
            tiny.front(host).rage(Chaos::new(seed, PERCENT));
        }
        let registries = tiny.stack.upstream.registries();
        let upstream = Upstream::new(registries, DenyList::default(), root(), &hasty()).expect("a client");
        let output = tiny.stack.path("chaos.tar");
        let options = BuildOptions {
            output: Some(output.clone()),
            inputs: Vec::new(),
            key: None,
            locked: false,
            split: None,
            jobs: 4,
        };
        match tiny.stack.block_on(build(&workspace, &upstream, &options, Arc::new(Silent))) {
            Ok(_) => {
                assert!(std::fs::read(&output).expect("a bundle") == expected, "seed {seed}: other bytes");
                std::fs::remove_file(&output).expect("a file");
                complete += 1;
            }
            Err(error) => {
                let OpsError::Entries(errors) = &error else {
                    assert!(told(&error).contains("falcosecurity/"), "seed {seed}: {}", told(&error));
                    continue;
                };
                assert!(
                    errors.iter().all(|error| told(error).contains("falcosecurity/")),
                    "seed {seed}: {errors:?}"
                );
                assert!(!output.exists(), "seed {seed}: a bundle was left");
            }
        }
    }
    println!("{complete} of {RUNS} builds were complete, the others said why not");
    assert!((5..50).contains(&complete), "{complete} of {RUNS}");
}
