use super::*;

fn item(name: &str, content: &str) -> LockedItem {
    LockedItem {
        reference: format!("docker.io/a/{name}:1").parse().unwrap(),
        kind: ItemKind::Image,
        digest: Digest::of(content.as_bytes()),
        subset: None,
        platforms: vec!["linux/amd64".to_owned()],
        size: 10,
        signatures: vec![SignatureSeen::Unsigned { reason: "a test".to_owned() }],
        attestations: Vec::new(),
    }
}

fn file(name: &str, content: &str) -> LockedFile {
    LockedFile {
        name: name.to_owned(),
        url: format!("https://example.com/{name}"),
        sha256: Digest::of(content.as_bytes()),
        size: 10,
        checksums: None,
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
            "unknown field `colour`, expected one of `ref`, `kind`, `digest`, `subset`, `platforms`, `size`, `signatures`, `attestations` at line 15 column 26",
        ),
        (
            "\"unsigned\"",
            "\"keyless\"",
            "unknown variant `keyless`, expected one of `sigstore-bundle`, `simple-signing`, `attestation-tag`, `unsigned` at line 18 column 27",
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

fn by(identity: &str, log_index: u64) -> Signer {
    Signer::Certificate(CertificateSigner {
        identity: identity.to_owned(),
        issuer: "issuer".to_owned(),
        log_id: "log".to_owned(),
        log_index,
        time: "2026-11-01T00:00:00Z".to_owned(),
    })
}

/// Returns the changes between two locks, one text each.
fn told(old: &Lock, new: &Lock) -> Vec<String> {
    old.changes(new).iter().map(Change::to_string).collect()
}

#[test]
fn changes_are_named_one_a_line() {
    let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
    let moved = LockedFile { url: "https://example.org/x".to_owned(), ..file("x", "1") };
    let resized = LockedItem { size: 11, platforms: vec![], ..item("a", "1") };
    let old = || lock(vec![item("a", "1")], vec![file("x", "1")]);
    for (new, expected) in [
        (old(), vec![]),
        (lock(vec![item("a", "2")], vec![file("x", "1")]), vec![format!("docker.io/a/a:1: {one} → {two}")]),
        (
            lock(vec![resized], vec![file("x", "1")]),
            vec![
                "docker.io/a/a:1: platforms linux/amd64 → ".to_owned(),
                "docker.io/a/a:1: size 10 → 11".to_owned(),
            ],
        ),
        (
            lock(vec![item("a", "1")], vec![moved]),
            vec!["file x: address https://example.com/x → https://example.org/x".to_owned()],
        ),
        (
            lock(
                vec![item("a", "1")],
                vec![LockedFile {
                    checksums: Some(LockedChecksums {
                        url: "https://example.com/sums".to_owned(),
                        sha256: one,
                    }),
                    ..file("x", "1")
                }],
            ),
            vec![format!("file x: checksums none → https://example.com/sums ({one})")],
        ),
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
        assert_eq!(told(&old(), &new), expected);
    }
}

#[test]
fn an_image_that_is_made_from_others_changes_as_a_consequence() {
    let part = |name: &str| LockedPart {
        reference: format!("docker.io/a/{name}:1").parse().unwrap(),
        digest: Digest::of(name.as_bytes()),
    };
    let made = |content: &str, artifact: &str| {
        lock(vec![], vec![]).with_composed(vec![LockedCompose {
            reference: "bundle.local/made:1".parse().unwrap(),
            digest: Digest::of(content.as_bytes()),
            base: part("base"),
            add: vec![LockedAddition { path: "/x".to_owned(), artifact: part(artifact) }],
            platforms: vec!["linux/amd64".to_owned()],
            size: 10,
        }])
    };
    let (none, old) = (lock(vec![], vec![]), made("1", "one"));
    assert_eq!(Lock::parse(&old.to_text(), "x.lock").unwrap(), old);
    let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
    let (base, artifact) = (part("base").digest, part("one").digest);
    let of = "docker.io/a/base:1";
    for (old, new, expected, consequence) in [
        (&old, old.clone(), vec![], true),
        (
            &none,
            old.clone(),
            vec![format!(
                "bundle.local/made:1: new, {one} made of {of}@{base}, /x of docker.io/a/one:1@{artifact}"
            )],
            false,
        ),
        (&old, none.clone(), vec!["bundle.local/made:1: gone".to_owned()], false),
        (&old, made("2", "one"), vec![format!("bundle.local/made:1: {one} → {two}")], true),
        (
            &old,
            made("2", "two"),
            vec![
                format!("bundle.local/made:1: {one} → {two}"),
                format!(
                    "bundle.local/made:1: made of {of} and /x of docker.io/a/one:1 → {of} and /x of docker.io/a/two:1"
                ),
            ],
            true,
        ),
    ] {
        assert_eq!(told(old, &new), expected);
        assert!(old.changes(&new).iter().all(|change| change.is_consequence() == consequence));
    }
}

#[test]
fn a_changed_signer_a_changed_form_and_a_new_signature_are_distinct() {
    let signed = |signature| lock(vec![LockedItem { signatures: vec![signature], ..item("a", "1") }], vec![]);
    let tagged = |signer| signed(SignatureSeen::SimpleSigning { signer });
    let bundled = |signer| signed(SignatureSeen::SigstoreBundle { signer });
    let old = tagged(by("one", 7));
    let unsigned = signed(SignatureSeen::Unsigned { reason: "none".to_owned() });
    let provenance = |signer| {
        let mut lock = tagged(by("one", 7));
        let predicate_type = "https://slsa.dev/provenance/v1".to_owned();
        let signature = SignatureSeen::SigstoreBundle { signer };
        lock.items[0].attestations = vec![AttestationSeen { predicate_type, signature }];
        lock
    };
    for (old, new, expected, harmless) in [
        (&old, tagged(by("two", 7)), "signer `one` of `issuer` → `two` of `issuer`", false),
        (&old, tagged(Signer::Key("hint".to_owned())), "signer `one` of `issuer` → `hint`", false),
        (&old, unsigned.clone(), "signer `one` of `issuer` → none", false),
        (&unsigned, old.clone(), "signer none → `one` of `issuer`", false),
        (&old, bundled(by("one", 7)), "form signature tag → Sigstore bundle", false),
        (
            &old,
            tagged(by("one", 8)),
            "signed again log entry 7 of 2026-11-01T00:00:00Z → log entry 8 of 2026-11-01T00:00:00Z",
            true,
        ),
        (
            &unsigned,
            signed(SignatureSeen::Unsigned { reason: "still none".to_owned() }),
            "reason `none` → `still none`",
            true,
        ),
        (
            &old,
            provenance(by("two", 1)),
            "attestations none → https://slsa.dev/provenance/v1 by `two` of `issuer`",
            false,
        ),
    ] {
        assert_eq!(told(old, &new), [format!("docker.io/a/a:1: {expected}")]);
        assert_eq!(old.changes(&new)[0].is_harmless(), harmless, "{expected}");
    }
    assert_eq!(told(&provenance(by("two", 1)), &provenance(by("two", 2))), Vec::<String>::new());
}

#[test]
fn signatures_read_back_as_they_were_written() {
    let text = r#"{"form":"simple-signing","signer":{"certificate":{"identity":"one","issuer":"issuer","logId":"log","logIndex":7,"time":"2026-11-01T00:00:00Z"}}}"#;
    let seen = SignatureSeen::SimpleSigning { signer: by("one", 7) };
    assert_eq!(serde_json::to_string(&seen).unwrap(), text);
    assert_eq!(serde_json::from_str::<SignatureSeen>(text).unwrap(), seen);
}
