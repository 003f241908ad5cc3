use super::*;

fn item(name: &str, content: &str) -> LockedItem {
    LockedItem {
        reference: format!("docker.io/a/{name}:1").parse().unwrap(),
        kind: ItemKind::Image,
        digest: Digest::of(content.as_bytes()),
        subset: None,
        platforms: vec!["linux/amd64".to_owned()],
        size: 10,
        signature: LockedSignature::Unsigned { reason: "a test".to_owned() },
    }
}

fn file(name: &str, content: &str) -> LockedFile {
    LockedFile {
        name: name.to_owned(),
        url: format!("https://example.com/{name}"),
        sha256: Digest::of(content.as_bytes()),
        size: 10,
    }
}

fn lock(items: Vec<LockedItem>, files: Vec<LockedFile>) -> Lock {
    Lock::new(vec!["linux/amd64".to_owned()], items, files)
}

#[test]
fn a_lock_is_sorted_and_reads_back_as_it_was_written() {
    let written = lock(vec![item("b", "1"), item("a", "1")], vec![file("y", "1"), file("x", "1")]);
    assert_eq!(written.items[0], item("a", "1"));
    assert_eq!(written.files[0], file("x", "1"));
    assert_eq!(Lock::parse(&written.to_text(), "x.lock").unwrap(), written);
    assert!(written.to_text().ends_with("}\n"));
}

#[test]
fn what_is_not_a_lock_of_this_version_is_refused() {
    let good = lock(vec![item("a", "1")], vec![]).to_text();
    for (from, to, reason) in [
        (
            "\"kind\": \"Lock\"",
            "\"kind\": \"Bundle\"",
            "expected `bundle/v1alpha1` `Lock`, found `bundle/v1alpha1` `Bundle`",
        ),
        ("bundle/v1alpha1", "bundle/v2", "expected `bundle/v1alpha1` `Lock`, found `bundle/v2` `Lock`"),
        (
            "\"size\": 10",
            "\"size\": 10, \"colour\": 1",
            "unknown field `colour`, expected one of `ref`, `kind`, `digest`, `subset`, `platforms`, `size`, `signature` at line 15 column 26",
        ),
        (
            "\"unsigned\"",
            "\"keyless\"",
            "unknown variant `keyless`, expected one of `unsigned`, `sigstore-bundle`, `simple-signing` at line 17 column 25",
        ),
        ("sha256:", "sha512:", ""),
    ] {
        let reason = if reason.is_empty() {
            let found = format!("sha512:{}", Digest::of(b"1").hex());
            format!(
                "`{found}` is not a digest: expected `sha256:` and 64 lower-case hexadecimal digits at line 11 column 89"
            )
        } else {
            reason.to_owned()
        };
        let error = Lock::parse(&good.replacen(from, to, 1), "x.lock").unwrap_err();
        assert_eq!(error.to_string(), format!("`x.lock` is not a lock of this version: {reason}"));
    }
}

#[test]
fn changes_are_named_one_a_line() {
    let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
    let moved = LockedFile { url: "https://example.org/x".to_owned(), ..file("x", "1") };
    let resized = LockedItem { size: 11, ..item("a", "1") };
    let old = || lock(vec![item("a", "1")], vec![file("x", "1")]);
    for (new, expected) in [
        (old(), vec![]),
        (lock(vec![item("a", "2")], vec![file("x", "1")]), vec![format!("docker.io/a/a:1: {one} → {two}")]),
        (
            lock(vec![resized], vec![file("x", "1")]),
            vec!["docker.io/a/a:1: same digest, other platforms, size or signature".to_owned()],
        ),
        (lock(vec![item("a", "1")], vec![moved]), vec!["file x: same digest, other address".to_owned()]),
        (lock(vec![item("a", "1")], vec![file("x", "2")]), vec![format!("file x: {one} → {two}")]),
        (
            lock(vec![item("b", "2")], vec![file("y", "2")]),
            vec![
                format!("docker.io/a/b:1: new, {two}"),
                format!("file y: new, {two}"),
                "docker.io/a/a:1: gone".to_owned(),
                "file x: gone".to_owned(),
            ],
        ),
        (
            Lock { targets: vec!["linux/arm64".to_owned()], ..old() },
            vec!["targets: linux/amd64 → linux/arm64".to_owned()],
        ),
    ] {
        assert_eq!(old().changes(&new), expected);
    }
}
