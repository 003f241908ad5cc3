//! Two upstream hosts that have the same path, lists in pages, and the tag that lists referrers.

use super::*;

/// Serves `a/b` of two hosts: tag `1` differs, tag `same` does not.
async fn hosts() -> (Running, Manifest, Manifest) {
    let (ours, theirs) = (manifest("ours", None), manifest("theirs", None));
    let mut catalog = Catalog::default();
    for (host, image) in [("docker.io", &ours), ("ghcr.io", &theirs)] {
        catalog.add_from(host, "a/b", Some("1"), image.clone());
        catalog.add_from(host, "a/b", Some("same"), ours.clone());
        catalog.add_from(host, "a/b", Some(&host.replace('.', "-")), image.clone());
    }
    catalog.add_from("quay.io", "c", Some("1"), theirs.clone());
    (Registry::read_only(catalog, Arc::new(Memory::default())).spawn().await.unwrap(), ours, theirs)
}

#[tokio::test]
async fn the_host_in_the_query_tells_two_upstreams_apart() {
    let (running, ours, theirs) = hosts().await;
    let (one, other) = (ours.descriptor.digest.to_string(), theirs.descriptor.digest.to_string());
    for (path, expected) in [
        ("a/b/manifests/1?ns=docker.io", Ok(&one)),
        ("a/b/manifests/1?ns=registry-1.docker.io", Ok(&one)),
        ("a/b/manifests/1?ns=ghcr.io", Ok(&other)),
        ("a/b/manifests/same", Ok(&one)),
        ("a/b/manifests/docker-io", Ok(&one)),
        (&format!("a/b/manifests/{one}"), Ok(&one)),
        (&format!("a/b/manifests/{one}?ns=ghcr.io"), Ok(&one)),
        (&format!("a/b/manifests/{other}?ns=docker.io"), Err("MANIFEST_UNKNOWN")),
        (&format!("a/b/manifests/{other}?ns=registry.lan:5000"), Ok(&other)),
        ("a/b/manifests/1", Err("NAME_INVALID")),
        ("a/b/manifests/1?ns=quay.io", Err("MANIFEST_UNKNOWN")),
        ("a/b/manifests/1?ns=registry.lan:5000", Err("MANIFEST_UNKNOWN")),
    ] {
        let answer = http().get(format!("http://{}/v2/{path}", running.address)).send().await.unwrap();
        let found =
            answer.headers().get("docker-content-digest").map(|value| value.to_str().unwrap().to_owned());
        let found = found.ok_or(answer.text().await.unwrap());
        let matches = match (&found, expected) {
            (Ok(found), Ok(expected)) => found == expected,
            (Err(said), Err(code)) => said.contains(code),
            _ => false,
        };
        assert!(matches, "{path}: {found:?}");
    }
}

#[tokio::test]
async fn lists_come_in_pages_that_lead_on() {
    let (running, _, _) = hosts().await;
    for (path, listed, link) in [
        ("a/b/tags/list", r#"["1","docker-io","ghcr-io","same"]"#, None),
        (
            "a/b/tags/list?n=2",
            r#"["1","docker-io"]"#,
            Some("</v2/a/b/tags/list?n=2&last=docker-io>; rel=\"next\""),
        ),
        ("a/b/tags/list?n=2&last=docker-io", r#"["ghcr-io","same"]"#, None),
        (
            "a/b/tags/list?n=1&ns=ghcr.io",
            r#"["1"]"#,
            Some("</v2/a/b/tags/list?n=1&last=1&ns=ghcr.io>; rel=\"next\""),
        ),
        ("a/b/tags/list?last=absent", r#"["docker-io","ghcr-io","same"]"#, None),
        ("a/b/tags/list?n=0", "[]", None),
        ("a/b/tags/list?n=9", r#"["1","docker-io","ghcr-io","same"]"#, None),
        ("_catalog", r#"["a/b","c"]"#, None),
        ("_catalog?n=1", r#"["a/b"]"#, Some("</v2/_catalog?n=1&last=a/b>; rel=\"next\"")),
        ("_catalog?n=1&last=a/b", r#"["c"]"#, None),
    ] {
        let answer = http().get(format!("http://{}/v2/{path}", running.address)).send().await.unwrap();
        let found = answer.headers().get("link").map(|value| value.to_str().unwrap().to_owned());
        let said = answer.text().await.unwrap();
        assert_eq!((found.as_deref(), said.contains(listed)), (link, true), "{path}: {said}");
    }
    assert_eq!(status(&running, "a/b/tags/list?ns=quay.io").await, (404, "NAME_UNKNOWN".to_owned()));
    assert_eq!(
        status(&running, "a/b/tags/list?ns=registry.lan:5000").await,
        (404, "NAME_UNKNOWN".to_owned())
    );
}

#[tokio::test]
async fn the_fallback_tag_is_the_list_of_referrers() {
    let (running, image) = served().await;
    let digest = image.descriptor.digest;
    let listed = http().get(address(&running, &format!("referrers/{digest}"))).send().await.unwrap();
    let listed = listed.bytes().await.unwrap();
    let tag =
        http().get(address(&running, &format!("manifests/sha256-{}", digest.hex()))).send().await.unwrap();
    let own = Digest::of(&listed).to_string();
    assert_eq!(
        (&tag.headers()["content-type"], &tag.headers()["docker-content-digest"]),
        (&oci::INDEX.parse().unwrap(), &own.parse().unwrap())
    );
    assert_eq!(tag.bytes().await.unwrap(), listed);
    let again = http().get(address(&running, &format!("manifests/{own}"))).send().await.unwrap();
    assert_eq!(again.bytes().await.unwrap(), listed);
    let none = format!("a/b/manifests/sha256-{}", Digest::of(b"unknown").hex());
    assert_eq!(status(&running, &none).await, (404, "MANIFEST_UNKNOWN".to_owned()));
}
