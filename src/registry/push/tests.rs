use super::referrers::{Unlisted, list};
use super::*;
use crate::digest::Digest;
use crate::oci;
use crate::oci::{Descriptor, Manifest};
use crate::registry::{Client, Endpoint};
use crate::server::{Registry, Running};
use crate::spec::Registries;
use crate::store::BlobSource;
use std::sync::Arc;

async fn target() -> (Running, Push) {
    let running = Registry::writable().spawn().await.unwrap();
    let client = Client::new(Registries::default()).unwrap();
    let endpoint = Endpoint::new(&running.address.to_string(), None, "");
    (running, Push { client, endpoint, retag: false, jobs: 1 })
}

fn parsed(value: &serde_json::Value) -> Manifest {
    Manifest::parse(value.to_string().into(), None).unwrap()
}

fn referrer(name: &str) -> Manifest {
    parsed(&serde_json::json!({
        "schemaVersion": 2, "mediaType": oci::MANIFEST, "layers": [], "annotations": {"name": name},
    }))
}

fn unlisted(subject: Digest, descriptor: &Descriptor) -> Unlisted {
    Unlisted { repository: "a/b".to_owned(), subject, descriptor: descriptor.clone() }
}

async fn put(push: &Push, reference: &str, manifest: &Manifest) {
    let repository = push.repository("a/b");
    let media_type = &manifest.descriptor.media_type;
    repository.put_manifest(reference, media_type, manifest.bytes.clone()).await.unwrap();
}

#[tokio::test]
async fn a_fallback_tag_keeps_what_others_listed() {
    let (_running, push) = target().await;
    let (theirs, ours) = (referrer("theirs"), referrer("ours"));
    for manifest in [&theirs, &ours] {
        put(&push, &manifest.descriptor.digest.to_string(), manifest).await;
    }
    let subject = Digest::of(b"subject");
    let tag = format!("sha256-{}", subject.hex());
    let index = |manifests: &[&Descriptor]| {
        parsed(&serde_json::json!({
            "schemaVersion": 2, "mediaType": oci::INDEX, "manifests": manifests, "annotations": {"of": "theirs"},
        }))
    };
    put(&push, &tag, &index(&[&theirs.descriptor])).await;
    for _ in 0..2 {
        list(&push, vec![unlisted(subject, &ours.descriptor)]).await.unwrap();
        let found = push.repository("a/b").manifest(&tag).await.unwrap().unwrap();
        let both = index(&[&theirs.descriptor, &ours.descriptor]);
        assert_eq!(String::from_utf8_lossy(&found.bytes), String::from_utf8_lossy(&both.bytes));
    }
}

#[tokio::test]
async fn a_fallback_tag_is_made_where_there_is_none() {
    let (_running, push) = target().await;
    let (first, second) = (referrer("first"), referrer("second"));
    for manifest in [&first, &second] {
        put(&push, &manifest.descriptor.digest.to_string(), manifest).await;
    }
    let subjects = [Digest::of(b"one"), Digest::of(b"two")];
    let all = subjects
        .into_iter()
        .flat_map(|subject| [unlisted(subject, &first.descriptor), unlisted(subject, &second.descriptor)]);
    list(&push, all.collect()).await.unwrap();
    for subject in subjects {
        let found = push.repository("a/b").manifest(&format!("sha256-{}", subject.hex())).await;
        let listed = found.unwrap().unwrap().document.manifests.unwrap();
        assert_eq!(listed, [first.descriptor.clone(), second.descriptor.clone()]);
    }
}

struct NoBlobs;

impl BlobSource for NoBlobs {
    fn size(&self, _: &Digest) -> Option<u64> {
        None
    }

    fn read_exact_at(&self, _: &Digest, _: u64, _: &mut [u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::NotFound.into())
    }
}

fn item(tag: Option<&str>, manifest: Manifest) -> Item {
    Item {
        upstream: "docker.io/a/b".to_owned(),
        repository: "a/b".to_owned(),
        tag: tag.map(str::to_owned),
        manifests: vec![manifest],
        optional: false,
    }
}

#[tokio::test]
async fn an_original_index_that_is_refused_is_left_out_and_said() {
    let (_running, push) = target().await;
    let absent = Descriptor::of(oci::MANIFEST, b"absent");
    let sparse = parsed(&serde_json::json!({
        "schemaVersion": 2, "mediaType": oci::INDEX, "manifests": [absent],
    }));
    let digest = sparse.descriptor.digest;
    let original = Item { optional: true, ..item(None, sparse.clone()) };
    let plan = push.clone().plan(vec![original]).await.unwrap();
    let report = plan.run(Arc::new(NoBlobs), Arc::new(crate::report::Silent)).await.unwrap();
    assert_eq!(report.left_out, [format!("docker.io/a/b@{digest}")]);
    let plan = push.plan(vec![item(None, sparse)]).await.unwrap();
    let refused = plan.run(Arc::new(NoBlobs), Arc::new(crate::report::Silent)).await.unwrap_err();
    assert!(
        matches!(
            &refused,
            PushError::Registry(crate::registry::error::RegistryError::Status {
                status: 400,
                expected: "201",
                ..
            })
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_fallback_tag_that_is_no_index_is_not_overwritten() {
    let (_running, push) = target().await;
    let (theirs, ours) = (referrer("theirs"), referrer("ours"));
    let subject = Digest::of(b"subject");
    let tag = format!("sha256-{}", subject.hex());
    put(&push, &tag, &theirs).await;
    let refused = list(&push, vec![unlisted(subject, &ours.descriptor)]).await.unwrap_err().to_string();
    assert!(
        refused.ends_with("the tag exists and is not an index of referrers; remove it from the registry"),
        "{refused}"
    );
    assert_eq!(push.repository("a/b").resolve(&tag).await.unwrap(), Some(theirs.descriptor.digest));
}

#[test]
fn two_repositories_of_one_path_are_told_how_to_be_kept_apart() {
    let error = PushError::Collision {
        repository: "a/b".to_owned(),
        first: "docker.io/a/b".to_owned(),
        second: "quay.io:443/a/b".to_owned(),
    };
    let hint = error.hint().unwrap();
    assert_eq!(
        hint,
        "give one of the two hosts a path of its own: `--path quay.io:443=quay.io-443` with `push` and `serve`, \
         `registry: {paths: {'quay.io:443': quay.io-443}}` in the site; then `quay.io:443/a/b` becomes `quay.io-443/a/b`"
    );
}
