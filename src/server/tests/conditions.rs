//! Conditional requests, and ranges that depend on one.

use super::*;

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let (running, image) = served().await;
    let (blob, digest) = (Digest::of(BLOB).to_string(), image.descriptor.digest.to_string());
    for (path, digest) in [
        ("manifests/1", &digest),
        (&format!("manifests/{digest}"), &digest),
        (&format!("blobs/{blob}"), &blob),
    ] {
        for (listed, status) in [
            (format!("\"{digest}\""), 304),
            (format!("\"x\", W/\"{digest}\""), 304),
            ("*".to_owned(), 304),
            ("\"x\"".to_owned(), 200),
            (digest.clone(), 200),
        ] {
            for request in [http().get(address(&running, path)), http().head(address(&running, path))] {
                let answer = request.header("if-none-match", &listed).send().await.unwrap();
                assert_eq!(answer.status().as_u16(), status, "{path} {listed}");
                assert_eq!(answer.headers()["etag"], format!("\"{digest}\""));
                assert_eq!(answer.headers()["docker-content-digest"], digest.as_str());
            }
        }
    }
}

#[tokio::test]
async fn what_is_not_what_the_client_expects_is_not_sent() {
    let (running, image) = served().await;
    let (blob, digest) = (Digest::of(BLOB).to_string(), image.descriptor.digest.to_string());
    for (path, digest) in [("manifests/1", &digest), (&format!("blobs/{blob}"), &blob)] {
        for (expected, status) in [
            (format!("\"{digest}\""), 200),
            (format!("\"x\", \"{digest}\""), 200),
            ("*".to_owned(), 200),
            (format!("W/\"{digest}\""), 412),
            ("\"x\"".to_owned(), 412),
        ] {
            for request in [http().get(address(&running, path)), http().head(address(&running, path))] {
                let answer = request.header("if-match", &expected).send().await.unwrap();
                assert_eq!(answer.status().as_u16(), status, "{path} {expected}");
            }
        }
    }
}

#[tokio::test]
async fn a_part_is_given_only_of_what_the_client_has_begun() {
    let (running, _) = served().await;
    let digest = Digest::of(BLOB);
    let url = address(&running, &format!("blobs/{digest}"));
    for (condition, status, body) in [
        (format!("\"{digest}\""), 206, "23"),
        (format!("W/\"{digest}\""), 200, "0123456789"),
        ("\"x\"".to_owned(), 200, "0123456789"),
        ("Sat, 21 Nov 2026 00:00:00 GMT".to_owned(), 200, "0123456789"),
    ] {
        let request = http().get(&url).header("range", "bytes=2-3").header("if-range", &condition);
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.text().await.unwrap().as_str()),
            (status, body),
            "{condition}"
        );
    }
}

#[tokio::test]
async fn a_head_has_no_ranges_and_two_ranges_are_none() {
    let (running, _) = served().await;
    let url = address(&running, &format!("blobs/{}", Digest::of(BLOB)));
    let head = http().head(&url).header("range", "bytes=2-3").send().await.unwrap();
    assert_eq!((head.status().as_u16(), &head.headers()["content-length"]), (200, &"10".parse().unwrap()));
    let twice =
        http().get(&url).header("range", "bytes=2-3").header("range", "bytes=5-6").send().await.unwrap();
    assert_eq!((twice.status().as_u16(), twice.text().await.unwrap().as_str()), (200, "0123456789"));
}

#[tokio::test]
async fn a_manifest_is_what_it_is_whatever_the_client_accepts() {
    let (running, image) = served().await;
    for accepted in [oci::MANIFEST, oci::DOCKER_MANIFEST, oci::INDEX, "text/html", "*/*", ""] {
        let answer =
            http().get(address(&running, "manifests/1")).header("accept", accepted).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &oci::MANIFEST.parse().unwrap())
        );
        assert_eq!(answer.bytes().await.unwrap(), image.bytes, "{accepted}");
    }
}

#[tokio::test]
async fn an_escaped_path_is_the_same_path_and_a_name_that_is_none_is_refused() {
    let (running, image) = served().await;
    let digest = image.descriptor.digest.to_string().replace(':', "%3A");
    assert_eq!(status(&running, &format!("a%2Fb/manifests/{digest}")).await, (200, String::new()));
    for (path, code) in [
        ("A/b/manifests/1", "NAME_INVALID"),
        ("a//b/tags/list", "NAME_INVALID"),
        ("a%2F..%2Fb/manifests/1", "NAME_INVALID"),
        ("a%0Ab/tags/list", "NAME_INVALID"),
        ("a/b/manifests/sha256:short", "DIGEST_INVALID"),
        ("a/b/blobs/sha256:short", "DIGEST_INVALID"),
        ("a/b/blobs/none", "DIGEST_INVALID"),
        ("a/b/referrers/none", "DIGEST_INVALID"),
        ("a/b/tags/list?n=many", "PAGINATION_NUMBER_INVALID"),
        ("_catalog?n=-1", "PAGINATION_NUMBER_INVALID"),
    ] {
        assert_eq!(status(&running, path).await, (400, code.to_owned()), "{path}");
    }
}
