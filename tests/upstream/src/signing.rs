//! A small bundle that tests sign, and what they sign it with.

use std::fs;

use airgap_bundle::archive::UnverifiedArchive;
use airgap_bundle::trust::{BundleSignature, SLOT};
use serde_json::Value;

use crate::internet::sigstore::{Forge, Form, GITHUB, Signing, Sigstore};
use crate::support::Ran;
use crate::tiny::Tiny;

/// Who signs bundles without a key.
pub const IDENTITY: &str = "https://github.com/acme/bundles/.github/workflows/sign.yaml@refs/heads/main";
/// The flags that name that identity.
pub const BY_IDENTITY: [&str; 4] = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", GITHUB];

/// Returns a text with as many spaces behind it as fill a slot.
pub fn padded(text: &str) -> Vec<u8> {
    let mut slot = text.as_bytes().to_vec();
    slot.resize(SLOT, b' ');
    slot
}

/// A small bundle `tiny.tar` without signatures, and a Sigstore.
pub struct Bench {
    /// The folder, and the stand-in.
    pub tiny: Tiny,
    /// The Sigstore.
    pub sigstore: Sigstore,
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

impl Bench {
    /// Builds the bundle.
    pub fn new() -> Self {
        let tiny = Tiny::new();
        tiny.stack.bundle(tiny.build()).ok();
        Self { tiny, sigstore: Sigstore::new() }
    }

    /// Opens the bundle.
    pub fn open(&self) -> UnverifiedArchive {
        UnverifiedArchive::open(&self.tiny.stack.path("tiny.tar")).expect("a bundle")
    }

    /// Returns what is signed.
    pub fn index(&self) -> Vec<u8> {
        self.open().index().to_vec()
    }

    /// Makes a key pair and returns the signature of the bundle by it.
    pub fn keys(&self, name: &str) -> String {
        let key = self.tiny.stack.keys(name);
        let slot = BundleSignature::sign(&key, &self.index()).padded(SLOT).expect("it fits");
        String::from_utf8(slot).expect("JSON").trim_end().to_owned()
    }

    /// Returns the signature of the bundle by [`IDENTITY`], with changes.
    pub fn keyless(&self, form: Form, forge: Forge) -> Value {
        self.sigstore.sign_blob(&self.index(), &Signing::new(form, IDENTITY).forged(forge))
    }

    /// Puts texts into the slots, unchanged.
    pub fn put(&self, texts: &[&str]) {
        let filled = texts.iter().copied().chain(std::iter::repeat("")).take(4);
        let slots: Vec<_> = filled.map(padded).collect();
        self.open().write_slots(&slots).expect("it is written");
    }

    /// Runs `bundle sign`.
    pub fn sign(&self, arguments: &[&str]) -> Ran {
        self.tiny.stack.bundle(["sign", "tiny.tar"].iter().chain(arguments))
    }

    /// Runs `bundle verify`.
    pub fn verify(&self, arguments: &[&str]) -> Ran {
        self.tiny.stack.bundle(["verify", "tiny.tar"].iter().chain(arguments))
    }

    /// Returns what a command said that had to fail with a code and print no result, with names in the place of what differs.
    pub fn failed(&self, ran: &Ran, code: i32, keys: &[&str]) -> String {
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{}", ran.stderr);
        self.named(&self.tiny.plain(&ran.stderr), keys)
    }

    /// Puts the names of keys in the place of their hints.
    pub fn named(&self, text: &str, keys: &[&str]) -> String {
        keys.iter().fold(text.to_owned(), |text, name| text.replace(&self.hint(name), &format!("[{name}]")))
    }

    /// Returns the hint of the key `NAME.pub`.
    pub fn hint(&self, name: &str) -> String {
        let pem = fs::read_to_string(self.tiny.stack.path(&format!("{name}.pub"))).expect("a key");
        airgap_bundle::trust::PublicKey::from_pem(&pem).expect("a key").hint()
    }

    /// Returns the bytes of the file.
    pub fn bytes(&self) -> Vec<u8> {
        fs::read(self.tiny.stack.path("tiny.tar")).expect("the bundle")
    }
}
