//! Files that are too large to be held in memory: programs, archives of images.

mod lies;
mod memory;

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use airgap_bundle::archive::{LARGE_FILE_TYPE, UnverifiedArchive};
use airgap_bundle::digest::Digest;
use serde_json::Value;

use bundle_testing::internet::{FileServer, Served};
use bundle_testing::made::noise;
use bundle_testing::support::Ran;
use bundle_testing::tiny::{Tiny, spec};

const URL: &str = "https://example.com/release/program";
const LIST: &str = "https://example.com/release/sha256sum.txt";
const SIZE: usize = 3_000_001;

/// A small bundle with one large file, and what upstream has at its address.
struct Large {
    tiny: Tiny,
}

impl Large {
    /// Serves content, and writes the spec.
    fn new(content: &[u8]) -> Self {
        let large = Self { tiny: Tiny::new() };
        large.serve(content);
        large.spec(", large: true");
        large
    }

    /// Writes the spec; the file gets these fields beside name and address.
    fn spec(&self, more: &str) {
        let pinned = spec("{unsigned: {reason: pinned in the lock}}");
        let file = format!("    files: [{{name: program, url: '{URL}'{more}}}]\n");
        self.tiny.stack.write("tiny.yaml", &format!("{pinned}{file}"));
    }

    fn files(&self) -> &FileServer {
        self.tiny.stack.upstream.files().expect("a server of files")
    }

    fn serve(&self, content: &[u8]) {
        self.files().serve(URL, Served::Bytes(content.to_vec().into()));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.tiny.stack.path(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("a file")
    }

    fn run(&self, command: &[&str]) -> Ran {
        self.tiny.stack.bundle(command)
    }

    fn build(&self) -> Vec<u8> {
        self.run(&self.tiny.build()).ok();
        self.read("tiny.tar")
    }

    fn lock(&self) -> Value {
        serde_json::from_slice(&self.read("tiny.lock")).expect("JSON")
    }

    fn verify(&self, file: &str) -> Ran {
        self.run(&["verify", file, "--insecure-unsigned"])
    }

    fn extract(&self) -> Ran {
        self.run(&["extract", "tiny.tar", "program", "--insecure-unsigned", "-o", "out"])
    }
}

#[test]
fn a_large_file_is_carried_and_extracted_unchanged() {
    let (content, large) = (noise(SIZE), Large::new(&noise(SIZE)));
    let (digest, first) = (Digest::of(&content), large.build());
    assert_eq!(large.files().take_asked(URL), 2, "once to know it, once to take it");
    let locked = &large.lock()["files"][0];
    assert_eq!(locked["sha256"], digest.to_string());
    assert_eq!(locked["size"], SIZE);
    assert!(first == large.build(), "the same bytes again");
    assert_eq!(large.files().take_asked(URL), 1, "the lock knows it");
    large.verify("tiny.tar").ok();
    let said: Value =
        serde_json::from_str(&large.run(&["inspect", "tiny.tar", "--format", "json"]).ok()).expect("JSON");
    let listed = said["result"]["files"].as_array().expect("files");
    assert!(listed.contains(&serde_json::json!(["files/program", SIZE])), "{listed:?}");
    large.extract().ok();
    assert!(large.read("out/program") == content);
    let inspection = UnverifiedArchive::open(&large.path("tiny.tar")).expect("a bundle").inspect();
    let stored = inspection.expect("a bundle").files;
    let stored = stored.iter().find(|file| file.path == "files/program").expect("the file");
    assert_eq!((stored.descriptor.media_type.as_str(), stored.descriptor.digest), (LARGE_FILE_TYPE, digest));
}

#[test]
fn locking_reads_a_large_file_once_and_a_new_one_shows_in_lock_and_diff() {
    let (old, new) = (noise(SIZE), [noise(SIZE), b"more".to_vec()].concat());
    let large = Large::new(&old);
    large.run(&large.tiny.lock()).ok();
    assert_eq!(large.files().take_asked(URL), 1);
    large.build();
    fs::rename(large.path("tiny.tar"), large.path("old.tar")).expect("a bundle");
    large.serve(&new);
    let change = format!("file program: {} → {}", Digest::of(&old), Digest::of(&new));
    let ran = large.run(&large.tiny.lock());
    assert!(ran.code == Some(1) && ran.stderr.contains(&change), "{}", ran.stderr);
    large.run(&[&large.tiny.lock()[..], &["--update"]].concat()).ok();
    large.build();
    let ran = large.run(&["diff", "old.tar", "tiny.tar"]);
    assert!(ran.code == Some(1) && ran.stdout.contains(&change), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_large_file_that_is_not_the_locked_one_is_refused_and_no_bundle_is_left() {
    let content = noise(SIZE);
    let large = Large::new(&content);
    large.run(&large.tiny.lock()).ok();
    let mut altered = content.clone();
    altered[SIZE / 2] ^= 1;
    let (expected, found) = (Digest::of(&content), Digest::of(&altered));
    for (content, expected) in [
        (&altered[..], format!("expected digest `{expected}`, found `{found}`")),
        (&content[1..], format!("expected {SIZE} bytes, found {}", SIZE - 1)),
        (&[&content[..], b"x"].concat(), format!("expected {SIZE} bytes, found ")),
    ] {
        large.serve(content);
        let ran = large.run(&large.tiny.build());
        assert!(ran.code == Some(1) && ran.stderr.contains(&expected), "{}", ran.stderr);
        let folder = large.path("tiny.tar").parent().expect("a folder").to_owned();
        let entries = fs::read_dir(folder).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        assert_eq!(names.filter(|name| name.contains("tiny.tar")).collect::<Vec<_>>(), Vec::<String>::new());
    }
    large.spec(&format!(", large: true, sha256: {}", expected.hex()));
    fs::remove_file(large.path("tiny.lock")).expect("a lock");
    large.serve(&altered);
    let said = large.tiny.fails(1, large.tiny.build());
    assert!(said.contains("failed to fetch file `program`: file"), "{said}");
    assert!(said.contains("expected digest"), "{said}");
}

#[test]
fn a_large_file_has_to_be_the_one_that_upstream_lists() {
    let content = noise(SIZE);
    let large = Large::new(&content);
    large.spec(&format!(", large: true, checksums: '{LIST}'"));
    large.files().serve_text(LIST, &format!("{}  program\n", Digest::of(b"another").hex()));
    let said = large.tiny.fails(1, large.tiny.build());
    assert!(said.contains("file `program` is not what upstream lists: expected checksum"), "{said}");
    large.files().serve_text(LIST, &format!("{}  program\n", Digest::of(&content).hex()));
    large.build();
    large.verify("tiny.tar").ok();
}

#[test]
fn one_altered_byte_of_a_large_file_is_refused_by_verify_extract_and_install() {
    let content = noise(SIZE);
    let large = Large::new(&content);
    let bytes = large.build();
    let at = bytes.windows(64).position(|part| part == &content[SIZE / 2..][..64]).expect("the file");
    let tar = fs::File::options().write(true).open(large.path("tiny.tar")).expect("a bundle");
    tar.write_all_at(&[bytes[at] ^ 1], at as u64).expect("a byte");
    let target = large.tiny.stack.upstream.empty(1).expect("an empty registry");
    let registry = format!("registry: {{address: '{target}'}}\n");
    let site = format!("apiVersion: bundle/v1alpha1\nkind: Site\nplatform: k3s\n{registry}");
    large.tiny.stack.write("site.yaml", &site);
    large.tiny.stack.write("kubeconfig", "");
    let install = ["install", "tiny.tar", "--insecure-unsigned", "--site", "site.yaml"];
    let install = [&install[..], &["--kubeconfig", "kubeconfig"]].concat();
    let expected = format!("error: blob `{}` was altered: ", Digest::of(&content));
    for ran in [large.verify("tiny.tar"), large.extract(), large.run(&install)] {
        assert!(ran.code == Some(1) && ran.stderr.contains(&expected), "{}", ran.stderr);
    }
    assert!(!large.path("out").exists());
}

#[test]
fn a_file_that_is_too_large_for_memory_is_refused_with_the_field_that_helps() {
    let large = Large::new(b"");
    large.spec("");
    let sparse = fs::File::create(large.path("sparse")).expect("a file");
    sparse.set_len(64 * 1024 * 1024 + 1).expect("a length");
    large.files().serve(URL, Served::File(large.path("sparse")));
    let ran = large.run(&large.tiny.lock());
    let expected = "file `program` has more than 67108864 bytes, the most for a file that is not `large`\n";
    assert!(ran.code == Some(1) && ran.stderr.contains(expected), "{}", ran.stderr);
    assert!(ran.stderr.contains("\nhint: add `large: true` to the file in the spec: "), "{}", ran.stderr);
    large.spec(", large: true");
    large.run(&large.tiny.lock()).ok();
}

#[test]
fn a_folder_of_files_gives_the_same_bundle() {
    let content = noise(SIZE);
    let (large, digest) = (Large::new(&content), Digest::of(&content));
    large.spec(&format!(", large: true, sha256: {}", digest.hex()));
    let served = large.build();
    fs::remove_file(large.path("tiny.lock")).expect("a lock");
    fs::create_dir(large.path("mirror")).expect("a folder");
    fs::write(large.path("mirror").join(digest.hex()), &content).expect("a file");
    let text = large.tiny.stack.upstream.registries_text();
    let hosts = text.lines().filter(|line| !line.starts_with("files:")).map(|line| format!("{line}\n"));
    let text = hosts.chain(["files: {folder: mirror}\n".to_owned()]).collect::<String>();
    large.tiny.stack.write("registries.yaml", &text);
    let _before = large.files().take_asked(URL);
    assert!(served == large.build());
    assert_eq!(large.files().take_asked(URL), 0);
    fs::write(large.path("mirror").join(digest.hex()), noise(SIZE + 1)).expect("a file");
    let said = large.run(&large.tiny.build());
    assert!(said.code == Some(1) && said.stderr.contains(&format!("file `{URL}`: ")), "{}", said.stderr);
}
