//! Altered bundles: every one is refused, before anything is pushed or applied.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use airgap_bundle::archive::{ArchiveError, SIGNATURE_SLOT, UnverifiedArchive};
use airgap_bundle::trust::{BundleSigners, PublicKey, TrustedRoot};

use bundle_testing::support::{Ran, Stack};

const PLACES: u64 = 200;

/// A bundle, its key, and a registry that must stay empty.
struct Sealed {
    stack: Stack,
    length: u64,
}

impl Sealed {
    fn new() -> Self {
        let stack = Stack::homelab();
        stack.keys("mine");
        let length = fs::metadata(stack.build("b.tar", "mine")).expect("a bundle").len();
        let target = stack.upstream.empty(1).expect("an empty registry");
        stack.write(
            "site.yaml",
            &format!(
                "apiVersion: bundle/v1alpha1\nkind: Site\nplatform: k3s\nregistry: {{address: '{target}'}}\n"
            ),
        );
        stack.write("kubeconfig", "");
        let _before = stack.upstream.front("empty-1").expect("a front").take_requests();
        Self { stack, length }
    }

    fn verify(&self) -> Ran {
        self.stack.bundle(["verify", "b.tar", "--key", "mine.pub", "--quiet"])
    }

    fn install(&self) -> Ran {
        let site = ["--site", "site.yaml", "--kubeconfig", "kubeconfig", "--quiet"];
        self.stack.bundle(["install", "b.tar", "--key", "mine.pub"].into_iter().chain(site))
    }

    fn requests(&self) -> Vec<String> {
        self.stack.upstream.front("empty-1").expect("a front").take_requests()
    }
}

fn flip(path: &Path, offset: u64) {
    let file = fs::File::options().read(true).write(true).open(path).expect("the bundle");
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).expect("a byte");
    file.write_all_at(&[byte[0] ^ 1], offset).expect("a byte");
}

#[test]
fn one_altered_byte_anywhere_is_refused_by_verify_and_by_install() {
    let sealed = Sealed::new();
    let path = sealed.stack.path("b.tar");
    assert_eq!(sealed.verify().code, Some(0));
    for place in 0..PLACES {
        let offset = place * (sealed.length - 1) / (PLACES - 1);
        flip(&path, offset);
        for (command, ran) in [("verify", sealed.verify()), ("install", sealed.install())] {
            assert_eq!(
                ran.code,
                Some(1),
                "{command} with byte {offset} altered: {}{}",
                ran.stdout,
                ran.stderr
            );
            assert!(ran.stdout.is_empty() && ran.stderr.starts_with("error: "), "{command}: {}", ran.stderr);
        }
        flip(&path, offset);
    }
    assert_eq!(sealed.verify().code, Some(0), "every byte is back");
    assert_eq!(sealed.requests(), Vec::<String>::new(), "nothing was asked of the registry");
}

#[test]
fn one_altered_byte_in_any_slot_is_refused_also_beside_a_good_signature() {
    let sealed = Sealed::new();
    let (path, other) = (sealed.stack.path("b.tar"), sealed.stack.keys("other"));
    sealed.stack.bundle(["sign", "b.tar", "--key", "other.key", "--add"]).ok();
    let mine = fs::read_to_string(sealed.stack.path("mine.pub")).expect("a key");
    let mine = PublicKey::from_pem(&mine).expect("a key");
    let signers = BundleSigners::new([mine, other.public_key().clone()], [], 1).expect("two signers");
    let root = TrustedRoot::embedded().expect("a trusted root");
    let verify = || UnverifiedArchive::open(&path).and_then(|archive| archive.verify(&signers, &root));
    let index = UnverifiedArchive::open(&path).expect("a bundle").index().len() as u64;
    let first = 1536 + index.next_multiple_of(512);
    for slot in 0..4 {
        let start = first + slot * (512 + SIGNATURE_SLOT);
        // The header, the text, where it ends, and the rest of the padding.
        for offset in (0..512).step_by(37).chain(512..1024).chain((1024..512 + SIGNATURE_SLOT).step_by(997)) {
            flip(&path, start + offset);
            let error = verify().expect_err("an error").to_string();
            let refused =
                error.starts_with("the bundle's signature `bundle.") && error.ends_with("` was refused");
            assert!(refused || offset < 512 && error.contains("expected member `bundle."), "{error}");
            flip(&path, start + offset);
        }
    }
    assert_eq!(verify().expect("every byte is back").vouched().by.len(), 2);
}

#[test]
fn a_truncated_or_lengthened_bundle_is_refused() {
    let sealed = Sealed::new();
    let path = sealed.stack.path("b.tar");
    let whole = fs::read(&path).expect("the bundle");
    for length in [0, 100, 512, 20_000, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..length]).expect("a file");
        assert_eq!((length, sealed.verify().code, sealed.install().code), (length, Some(1), Some(1)));
    }
    fs::write(&path, [&whole[..], b"\0"].concat()).expect("a file");
    assert_eq!((sealed.verify().code, sealed.install().code), (Some(1), Some(1)));
    assert_eq!(sealed.requests(), Vec::<String>::new());
}

#[test]
fn a_bundle_by_another_key_or_unsigned_is_refused() {
    let sealed = Sealed::new();
    sealed.stack.keys("other");
    let ran = sealed.stack.bundle(["verify", "b.tar", "--key", "other.pub"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.starts_with("error: expected the bundle to be signed by `"), "{}", ran.stderr);
    let both = sealed.stack.bundle(["verify", "b.tar", "--key", "other.pub", "--key", "mine.pub"]);
    assert_eq!(both.code, Some(0), "one of several keys is enough");
    let unsigned = [
        "build",
        "bundles/homelab.yaml",
        "-o",
        "u.tar",
        "--insecure-unsigned",
        "--registries",
        "registries.yaml",
    ];
    sealed.stack.bundle(unsigned).ok();
    let ran = sealed.stack.bundle(["verify", "u.tar", "--key", "mine.pub"]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.stderr, @r"
        error: the bundle is not signed

        hint: ask the sender for a signed bundle; `--insecure-unsigned` accepts this one unproven
        ");
    assert_eq!(sealed.stack.bundle(["verify", "u.tar", "--insecure-unsigned"]).code, Some(0));
    assert_eq!(sealed.stack.bundle(["verify", "u.tar"]).code, Some(2), "no signer is trusted by default");
}

#[test]
fn a_file_that_is_not_a_bundle_is_refused_as_such() {
    let sealed = Sealed::new();
    fs::write(sealed.stack.path("b.tar"), vec![b'x'; 4096]).expect("a file");
    let ran = sealed.verify();
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.stderr, @r"
        error: not a bundle, or an altered one: expected member `oci-layout` at byte 0

        hint: check that this is the file that `bundle build` wrote; if it is, copy it again and do not use this copy
        ");
    fs::remove_file(sealed.stack.path("b.tar")).expect("a file");
    let ran = sealed.verify();
    assert_eq!(ran.code, Some(2));
    insta::assert_snapshot!(ran.stderr, @r"
        error: failed to read `b.tar`
          caused by: No such file or directory (os error 2)
        ");
}

#[test]
fn a_huge_index_is_refused_before_it_is_read() {
    let sealed = Sealed::new();
    let path = sealed.stack.path("b.tar");
    let file = fs::File::options().write(true).open(&path).expect("the bundle");
    file.write_all_at(b"77777777777", 1024 + 124).expect("the size in the header of the index");
    let error = UnverifiedArchive::open(&path).expect_err("an error");
    assert!(matches!(error, ArchiveError::TooLarge { limit: 4_194_304, .. }), "{error}");
}

#[test]
fn a_denied_bundle_is_refused_whatever_its_signature() {
    let sealed = Sealed::new();
    let list = "apiVersion: bundle/v1alpha1\nkind: DenyList\nentries: [{repositories: [docker.io/aquasec/trivy], versions: [0.72.0], reason: a test, source: CVE-0}]\n";
    sealed.stack.write("deny.yaml", list);
    let expected = "error: 1 of the bundle's entries could not be resolved or verified\n  - `docker.io/aquasec/trivy:0.72.0` is denied: a test (CVE-0)\n\nhint: choose a version that is not on the deny list\n";
    let deny = ["--deny", "deny.yaml"];
    let upstream = ["bundles/homelab.yaml", "--registries", "registries.yaml"];
    let site = ["b.tar", "--key", "mine.pub", "--site", "site.yaml", "--kubeconfig", "kubeconfig"];
    for ran in [
        sealed.stack.bundle(["lock"].into_iter().chain(upstream).chain(deny)),
        sealed
            .stack
            .bundle(["build", "-o", "c.tar", "--key", "mine.key"].into_iter().chain(upstream).chain(deny)),
        sealed.stack.bundle(["verify", "b.tar", "--key", "mine.pub"].into_iter().chain(deny)),
        sealed.stack.bundle(["install"].into_iter().chain(site).chain(deny)),
    ] {
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), expected));
    }
    assert!(!sealed.stack.path("c.tar").exists());
    assert_eq!(sealed.requests(), Vec::<String>::new());
}
