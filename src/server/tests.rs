use bytes::Bytes;

use std::sync::Arc;

use tokio::net::TcpListener;

use super::*;
use crate::digest::Digest;
use crate::oci::{self, Descriptor, Manifest};

mod altered;
mod blocked;
mod conditions;
mod hosts;
mod limits;

const BLOB: &[u8] = b"0123456789";

fn manifest(artifact_type: &str, subject: Option<&Manifest>) -> Manifest {
    let value = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": oci::MANIFEST,
        "artifactType": artifact_type,
        "config": Descriptor::of("application/vnd.oci.empty.v1+json", BLOB),
        "layers": [],
        "subject": subject.map(|subject| &subject.descriptor),
        "annotations": {"of": artifact_type},
    });
    Manifest::parse(value.to_string().into(), None).unwrap()
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap()
}

/// Serves one blob and an image with two tags and two referrers, as `a/b`.
async fn served() -> (Running, Manifest) {
    let memory = Memory::default();
    memory.insert(Bytes::from_static(BLOB));
    let image = manifest("image", None);
    let mut catalog = Catalog::default();
    catalog.add("a/b", Some("1"), image.clone());
    catalog.add("a/b", Some("latest"), image.clone());
    for artifact_type in ["text/a+json", "text/b"] {
        catalog.add("a/b", None, manifest(artifact_type, Some(&image)));
    }
    (Registry::read_only(catalog, Arc::new(memory)).spawn().await.unwrap(), image)
}

/// Returns the status of an answer, and the code of its error.
async fn status(running: &Running, path: &str) -> (u16, String) {
    let answer = http().get(format!("http://{}/v2/{path}", running.address)).send().await.unwrap();
    let (status, body) = (answer.status().as_u16(), answer.bytes().await.unwrap());
    let said: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    (status, said["errors"][0]["code"].as_str().unwrap_or_default().to_owned())
}

fn address(running: &Running, path: &str) -> String {
    format!("http://{}/v2/a/b/{path}", running.address)
}

#[tokio::test]
async fn a_part_of_a_blob_is_given_where_one_is_asked_for() {
    let (running, _) = served().await;
    let url = address(&running, &format!("blobs/{}", Digest::of(BLOB)));
    for (range, status, content_range, body) in [
        ("bytes=0-3", 206, Some("bytes 0-3/10"), "0123"),
        ("bytes=4-", 206, Some("bytes 4-9/10"), "456789"),
        ("bytes=-2", 206, Some("bytes 8-9/10"), "89"),
        ("bytes=8-100", 206, Some("bytes 8-9/10"), "89"),
        ("bytes=0-18446744073709551615", 206, Some("bytes 0-9/10"), "0123456789"),
        ("bytes=10-", 416, Some("bytes */10"), ""),
        ("bytes=-0", 416, Some("bytes */10"), ""),
        ("bytes=3-1", 200, None, "0123456789"),
        ("bytes=0-1,3-4", 200, None, "0123456789"),
        ("pages=0-1", 200, None, "0123456789"),
    ] {
        let answer = http().get(&url).header("range", range).send().await.unwrap();
        let found = answer.headers().get("content-range").map(|value| value.to_str().unwrap().to_owned());
        let seen = (answer.status().as_u16(), found.as_deref(), answer.text().await.unwrap());
        assert_eq!(seen, (status, content_range, body.to_owned()), "{range}");
    }
}

#[tokio::test]
async fn a_head_says_what_a_get_would_and_sends_nothing() {
    let (running, image) = served().await;
    let digest = image.descriptor.digest.to_string();
    let blob = Digest::of(BLOB).to_string();
    for (path, media_type, digest, size) in [
        ("manifests/1".to_owned(), oci::MANIFEST, &digest, image.bytes.len()),
        (format!("manifests/{digest}"), oci::MANIFEST, &digest, image.bytes.len()),
        (format!("blobs/{blob}"), "application/octet-stream", &blob, BLOB.len()),
    ] {
        let answer = http().head(address(&running, &path)).send().await.unwrap();
        let text = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let seen = (text("content-type"), text("docker-content-digest"), text("content-length"));
        assert_eq!(seen, (media_type.to_owned(), digest.clone(), size.to_string()), "{path}");
        assert_eq!((answer.status().as_u16(), answer.bytes().await.unwrap()), (200, Bytes::new()));
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_404_with_its_code() {
    let (running, _) = served().await;
    let absent = Digest::of(b"absent");
    for (path, code) in [
        ("manifests/2".to_owned(), "MANIFEST_UNKNOWN"),
        (format!("manifests/{absent}"), "MANIFEST_UNKNOWN"),
        (format!("blobs/{absent}"), "BLOB_UNKNOWN"),
        ("blobs/sha512:00ff".to_owned(), "BLOB_UNKNOWN"),
        ("manifests/sha512:00ff".to_owned(), "MANIFEST_UNKNOWN"),
        ("manifests/.not-a-tag".to_owned(), "MANIFEST_UNKNOWN"),
        (format!("../c/blobs/{}", Digest::of(BLOB)), "BLOB_UNKNOWN"),
        ("../c/tags/list".to_owned(), "NAME_UNKNOWN"),
    ] {
        let answer = http().get(address(&running, &path)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404, "{path}");
        let said: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!(said["errors"][0]["code"], code, "{path}");
    }
}

#[tokio::test]
async fn tags_are_listed_and_nothing_can_be_written() {
    let (running, _) = served().await;
    let tags = http().get(address(&running, "tags/list")).send().await.unwrap().text().await.unwrap();
    assert_eq!(tags, r#"{"name":"a/b","tags":["1","latest"]}"#);
    for (request, allowed) in [
        (http().put(address(&running, "manifests/1")), "GET, HEAD"),
        (http().patch(address(&running, "tags/list")), "GET, HEAD"),
        (http().post(address(&running, "blobs/uploads/")), ""),
        (http().delete(address(&running, "manifests/1")), "GET, HEAD"),
        (http().delete(address(&running, &format!("blobs/{}", Digest::of(BLOB)))), "GET, HEAD"),
        (http().get(address(&running, "blobs/uploads/1")), ""),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (405, &allowed.parse().unwrap()));
        assert!(answer.text().await.unwrap().contains("\"UNSUPPORTED\""));
    }
}

#[tokio::test]
async fn referrers_are_listed_by_type_where_one_is_asked_for() {
    let (running, image) = served().await;
    let digest = image.descriptor.digest;
    let unknown = Digest::of(b"unknown");
    for (path, filtered, expected) in [
        (format!("referrers/{digest}"), false, vec!["text/a+json", "text/b"]),
        (format!("referrers/{digest}?artifactType=text%2Fa%2Bjson"), true, vec!["text/a+json"]),
        (format!("referrers/{digest}?artifactType=text/b"), true, vec!["text/b"]),
        (format!("referrers/{digest}?artifactType=text"), true, vec![]),
        (format!("referrers/{unknown}"), false, vec![]),
    ] {
        let answer = http().get(address(&running, &path)).send().await.unwrap();
        assert_eq!(answer.headers().contains_key("oci-filters-applied"), filtered, "{path}");
        let index: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let listed = index["manifests"].as_array().unwrap().iter();
        let mut listed: Vec<_> =
            listed.map(|entry| (text(&entry["artifactType"]), text(&entry["annotations"]["of"]))).collect();
        listed.sort();
        let expected: Vec<_> = expected.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
        assert_eq!(listed, expected, "{path}");
    }
}
