//! `bundle sign` with a key: nothing but a slot changes.

use std::fs;

use airgap_bundle::trust::SLOT;

use bundle_testing::signing::{Bench, padded};

/// Where the content of the first slot starts, and how far apart the slots are.
fn slots(bench: &Bench) -> (usize, usize) {
    let index = bench.index().len().next_multiple_of(512);
    (1024 + 512 + index + 512, SLOT + 512)
}

#[test]
fn nothing_but_the_slot_changes() {
    let bench = Bench::new();
    let one = bench.keys("one");
    let before = bench.bytes();
    let said = bench.sign(&["--key", "one.key"]).ok();
    let index = said.lines().nth(1).unwrap_or_default().to_owned();
    assert_eq!(
        bench.named(&said, &["one"]),
        format!(
            "signed tiny 1.0.0: 1 of 4 slots\n{index}\n\nbundle.sigstore.json    key `[one]`: signed now\n"
        )
    );
    let (start, _) = slots(&bench);
    let mut expected = before;
    expected[start..start + SLOT].copy_from_slice(&padded(&one));
    assert!(bench.bytes() == expected);
    bench.sign(&["--key", "one.key"]).ok();
    assert!(bench.bytes() == expected, "signing again gives the same bytes");
    bench.verify(&["--key", "one.pub"]).ok();
}

#[test]
fn a_build_that_signs_gives_the_bytes_of_one_that_is_signed_later() {
    let bench = Bench::new();
    let _one = bench.keys("one");
    bench.sign(&["--key", "one.key"]).ok();
    let later = bench.bytes();
    let build =
        ["build", "tiny.yaml", "-o", "tiny.tar", "--key", "one.key", "--registries", "registries.yaml"];
    bench.tiny.stack.bundle(build).ok();
    assert!(bench.bytes() == later);
}

#[test]
fn a_signature_replaces_all_or_is_put_beside_them() {
    let bench = Bench::new();
    let names = ["one", "two", "three", "four", "five"];
    let [one, two, three, four, five] = names.map(|name| bench.keys(name));
    let held = || -> Vec<String> {
        let text = |slot: &(String, Vec<u8>)| String::from_utf8_lossy(&slot.1).trim_end().to_owned();
        bench.open().slots().iter().map(text).collect()
    };
    let sign = |arguments: &[&str]| bench.sign(arguments).ok();
    sign(&["--key", "one.key", "--add"]);
    sign(&["--key", "two.key", "--add"]);
    assert_eq!(held(), [&one, &two, "", ""].map(String::from));
    sign(&["--key", "one.key", "--add"]);
    assert_eq!(held(), [&one, &two, "", ""].map(String::from), "its own slot is taken again");
    bench.put(&["", &two, "", &four]);
    let said = sign(&["--key", "three.key", "--add"]);
    assert_eq!(held(), [&three, &two, "", &four].map(String::from), "the first free one");
    let lines: Vec<_> = said.lines().skip(3).map(|line| bench.named(line, &names)).collect();
    assert_eq!(
        lines,
        [
            "bundle.sigstore.json    key `[three]`: signed now",
            "bundle.2.sigstore.json  key `[two]`: kept, not verified",
            "bundle.4.sigstore.json  key `[four]`: kept, not verified",
        ]
    );
    sign(&["--key", "one.key", "--add"]);
    let before = bench.bytes();
    let full = bench.sign(&["--key", "five.key", "--add"]);
    assert_eq!(
        bench.failed(&full, 1, &names),
        "error: no slot is free: all 4 hold signatures, by `[three]`, `[two]`, `[one]`, `[four]`\n\n\
         hint: sign without --add: that replaces all signatures that are there\n"
    );
    assert!(bench.bytes() == before);
    sign(&["--key", "two.key", "--add"]);
    assert!(bench.bytes() == before, "who has a slot needs none");
    sign(&["--key", "five.key"]);
    assert_eq!(held(), [&five, "", "", ""].map(String::from));
}

#[test]
fn a_bad_signature_cannot_stay_but_can_be_replaced() {
    let bench = Bench::new();
    let [one, _] = ["one", "two"].map(|name| bench.keys(name));
    let other = one.replace("\"digest\":\"", "\"digest\":\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    let cut = other.split("47DEQ").next().unwrap_or_default().to_owned();
    let rest = one.split("\"digest\":\"").nth(1).and_then(|rest| rest.split_once('"')).expect("a digest").1;
    let over_another = format!("{cut}47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"{rest}");
    let trailing = format!("{one} x");
    for (bad, expected) in [
        (
            over_another.as_str(),
            "the signature is over other bytes: expected `[digest 1]`, found `[digest 2]`".to_owned(),
        ),
        ("x", "the signature is not a Sigstore bundle: expected value at line 1 column 1".to_owned()),
        (
            &trailing,
            format!("the signature is followed by something other than spaces, at byte {}", one.len() + 1),
        ),
    ] {
        bench.put(&["", bad]);
        let before = bench.bytes();
        assert_eq!(
            bench.failed(&bench.sign(&["--key", "two.key", "--add"]), 1, &[]),
            format!(
                "error: cannot keep the bundle's signature `bundle.2.sigstore.json`\n  caused by: {expected}\n\n\
                 hint: sign without --add: that replaces all signatures that are there\n"
            )
        );
        assert!(bench.bytes() == before);
        let refused = bench.failed(&bench.verify(&["--key", "one.pub"]), 1, &[]);
        assert!(refused.contains(&format!("\n  caused by: {expected}\n")), "{refused}");
        bench.sign(&["--key", "two.key"]).ok();
        bench.verify(&["--key", "two.pub"]).ok();
    }
}

#[test]
fn a_bundle_that_cannot_be_signed_stays_unchanged() {
    let bench = Bench::new();
    let _one = bench.keys("one");
    let path = bench.tiny.stack.path("tiny.tar");
    let (whole, (_, step)) = (bench.bytes(), slots(&bench));
    let table = slots(&bench).0 + 4 * step;
    let altered = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    for (bytes, code) in
        [(altered(table), 1), (altered(1536), 1), (whole[..whole.len() - 1].to_vec(), 1), (b"x".to_vec(), 1)]
    {
        fs::write(&path, &bytes).expect("a file");
        let ran = bench.sign(&["--key", "one.key"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{}", ran.stderr);
        assert!(bench.bytes() == bytes);
    }
    fs::remove_file(&path).expect("a file");
    assert_eq!(
        bench.failed(&bench.sign(&["--key", "one.key"]), 2, &[]),
        "error: failed to read `tiny.tar`\n  caused by: No such file or directory (os error 2)\n"
    );
    assert!(!path.exists());
}

#[test]
fn a_signature_needs_a_key_or_a_file() {
    let bench = Bench::new();
    let said = bench.failed(&bench.sign(&[]), 2, &[]);
    assert!(
        said.starts_with(
            "error: the following required arguments were not provided:\n  <--key <KEY>|--attach <SIG>>\n"
        ),
        "{said}"
    );
}

#[test]
fn inspect_lists_whose_the_signatures_say_they_are() {
    let bench = Bench::new();
    let [one, _] = ["one", "two"].map(|name| bench.keys(name));
    let inspect = || bench.tiny.stack.bundle(["inspect", "tiny.tar"]).ok();
    assert!(inspect().contains("\n\nnot signed\n\n"), "{}", inspect());
    bench.put(&[&one, "", "{}"]);
    let said = bench.named(&inspect(), &["one"]);
    let lines: Vec<_> = said.lines().filter(|line| line.contains("sigstore.json")).collect();
    assert_eq!(
        lines,
        [
            "bundle.sigstore.json  claims to be by `[one]` (not verified)",
            "bundle.3.sigstore.json  claims to be by an unknown signer (not verified); the signature is not a Sigstore bundle: missing field `mediaType` at line 1 column 2",
        ]
    );
}
