//! Files that are checked against upstream's own list of checksums.

use std::fs;

use airgap_bundle::digest::Digest;

use crate::repack::Parts;
use bundle_testing::support::Ran;
use bundle_testing::tiny::{Tiny, spec};

const FILE: &str = "github.com/k3s-io/k3s/releases/download/v1/k3s";
const LIST: &str = "github.com/k3s-io/k3s/releases/download/v1/sha256sum-amd64.txt";
const CONTENT: &str = "the program\n";

/// A small bundle with one file, and what upstream has at the addresses that it names.
struct Listed {
    tiny: Tiny,
}

impl Listed {
    fn new() -> Self {
        let listed = Self { tiny: Tiny::new() };
        listed.spec("");
        listed.serve(FILE, CONTENT);
        listed.list(CONTENT);
        listed
    }

    /// Writes the spec; the file gets one field more.
    fn spec(&self, more: &str) {
        let pinned = spec("{unsigned: {reason: pinned in the lock}}");
        let file = format!(
            "    files: [{{name: k3s-amd64, url: 'https://{FILE}', checksums: 'https://{LIST}'{more}}}]\n"
        );
        self.tiny.stack.write("tiny.yaml", &format!("{pinned}{file}"));
    }

    fn serve(&self, address: &str, content: &str) {
        self.tiny.stack.upstream.files().expect("a server of files").serve_text(address, content);
    }

    /// Serves a list that has the checksum of this content.
    fn list(&self, content: &str) {
        let digest = Digest::of(content.as_bytes()).hex();
        self.serve(LIST, &format!("{}  k3s-images.tar.zst\n{digest} *k3s\n", Digest::of(b"images").hex()));
    }

    fn build(&self) -> Ran {
        self.tiny.stack.bundle(self.tiny.build())
    }

    fn verify(&self, file: &str) -> Ran {
        self.tiny.stack.bundle(["verify", file, "--insecure-unsigned"])
    }
}

/// A change of a bundle's parts, and the error that it causes.
type Lie = (fn(&mut Parts), &'static str);

#[test]
fn upstreams_checksums_are_locked_carried_and_checked_again() {
    let listed = Listed::new();
    listed.build().ok();
    listed.verify("tiny.tar").ok();
    let lock: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(listed.tiny.stack.path("tiny.lock")).expect("a lock"))
            .expect("JSON");
    assert_eq!(lock["files"][0]["checksums"]["url"], format!("https://{LIST}"));
    let first = fs::read(listed.tiny.stack.path("tiny.tar")).expect("a bundle");
    listed.build().ok();
    assert!(first == fs::read(listed.tiny.stack.path("tiny.tar")).expect("a bundle"));
    let lies: [Lie; 3] = [
        (
            |parts| _ = parts.payload.remove("checksums/k3s-amd64"),
            "the list of checksums of file `k3s-amd64` is in the bundle, but spec, lock and content do not name the same",
        ),
        (
            |parts| _ = parts.payload.insert("checksums/other".to_owned(), b"x".to_vec()),
            "the list of checksums of file `other` is in the bundle, but spec, lock and content do not name the same",
        ),
        (
            |parts| {
                let list = format!("{}  k3s\n", Digest::of(b"another").hex());
                let old = Digest::of(parts.text("checksums/k3s-amd64").as_bytes()).to_string();
                parts.replace("bundle.lock", &old, &Digest::of(list.as_bytes()).to_string());
                parts.payload.insert("checksums/k3s-amd64".to_owned(), list.into_bytes());
            },
            "file `k3s-amd64` is not what upstream lists: expected checksum",
        ),
    ];
    for (lie, expected) in lies {
        let mut parts = Parts::of(&listed.tiny.stack.path("tiny.tar"));
        lie(&mut parts);
        parts.write(&listed.tiny.stack.path("lie.tar"));
        let ran = listed.verify("lie.tar");
        fs::remove_file(listed.tiny.stack.path("lie.tar")).expect("a file");
        assert!(ran.code == Some(1) && ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[test]
fn a_file_that_upstream_lists_otherwise_is_refused_whatever_else_pins_it() {
    let listed = Listed::new();
    listed.list("another program");
    let (expected, found) = (Digest::of(b"another program"), Digest::of(CONTENT.as_bytes()));
    let said = format!(
        "  - file `k3s-amd64` is not what upstream lists: expected checksum `{expected}`, found `{found}`\n"
    );
    for more in [String::new(), format!(", sha256: {}", found.hex())] {
        listed.spec(&more);
        let ran = listed.build();
        assert!(ran.code == Some(1) && ran.stderr.contains(&said), "{}", ran.stderr);
    }
    assert!(!listed.tiny.stack.path("tiny.lock").exists());
    listed.serve(LIST, &format!("{}  k3s-arm64\n", found.hex()));
    let ran = listed.build();
    let said = "the checksums of file `k3s-amd64` cannot be used: it does not name `k3s`, only `k3s-arm64`\n";
    assert!(ran.code == Some(1) && ran.stderr.contains(said), "{}", ran.stderr);
}

#[test]
fn a_list_that_changes_after_it_was_locked_is_an_error_until_the_lock_takes_it() {
    let listed = Listed::new();
    listed.build().ok();
    let list = format!("{}  k3s\n", Digest::of(CONTENT.as_bytes()).hex());
    listed.serve(LIST, &list);
    let ran = listed.build();
    let said = format!("file `https://{LIST}`: expected digest");
    assert!(ran.code == Some(1) && ran.stderr.contains(&said), "{}", ran.stderr);
    let ran = listed.tiny.stack.bundle(listed.tiny.lock());
    assert!(
        ran.code == Some(1) && ran.stderr.contains("file k3s-amd64: checksums https://"),
        "{}",
        ran.stderr
    );
    listed.tiny.stack.bundle(listed.tiny.lock().iter().chain(&["--update"])).ok();
    listed.build().ok();
}
