//! Large files of bundles whose author lies.

use airgap_bundle::digest::Digest;
use bytes::Bytes;

use super::{Large, SIZE, noise};
use crate::repack::Parts;

#[test]
fn a_large_file_that_spec_or_lock_do_not_know_so_is_refused() {
    let content = noise(SIZE);
    let large = Large::new(&content);
    large.build();
    type Lie = (&'static str, fn(&mut Parts), &'static str);
    let lies: [Lie; 7] = [
        ("unchanged", |_| {}, ""),
        ("not large by the spec", |parts| parts.replace("bundle.yaml", ", large: true", ""), "program"),
        ("another", |parts| parts.add_large("files/program", b"another"), "program"),
        ("missing", |parts| parts.large.clear(), "program"),
        ("one more", |parts| parts.add_large("files/more", b"more"), "more"),
        ("a layer", |parts| parts.add_large("layers/10-a/layer.yaml", b"more"), "layers/10-a/layer.yaml"),
        (
            "of another size by the lock",
            |parts| parts.replace("bundle.lock", &format!("\"size\": {SIZE}"), "\"size\": 1"),
            "program",
        ),
    ];
    for (what, lie, named) in lies {
        let mut parts = Parts::of(&large.path("tiny.tar"));
        lie(&mut parts);
        let kept: Vec<_> = parts.large.values().copied().collect();
        parts.blobs.retain(|digest, _| *digest != Digest::of(&noise(SIZE)) || kept.contains(digest));
        parts.write(&large.path("lie.tar"));
        let ran = large.verify("lie.tar");
        if named.is_empty() {
            ran.ok();
            continue;
        }
        let expected =
            format!("file `{named}` is in the bundle, but spec, lock and content do not name the same\n");
        assert!(ran.code == Some(1) && ran.stderr.contains(&expected), "{what}: {}", ran.stderr);
    }
}

impl Parts {
    /// Puts a large file in.
    fn add_large(&mut self, path: &str, content: &'static [u8]) {
        let digest = Digest::of(content);
        self.blobs.insert(digest, Bytes::from_static(content));
        self.large.insert(path.to_owned(), digest);
    }
}
