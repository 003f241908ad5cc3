//! Keyless signatures: what the tests' Sigstore makes is accepted, and everything that can be wrong with it is refused.
//!
//! Every refusal is compared with its exact words. A row has three results, for a signature tag, for a Sigstore bundle of Rekor v1,
//! and for one of Rekor v2; `-` where the change cannot be made. Cosign's own answers to the same changes are tested beside
//! the tests' Sigstore.

mod accepted;
mod attestation_tags;
mod bundles;
mod certificates;
mod identities;
mod log_entries;
mod roots;
mod statements;
mod times;

use airgap_bundle::digest::Digest;
use airgap_bundle::oci::{self, Descriptor, Evidence, Manifest};
use airgap_bundle::spec::Identity;
use airgap_bundle::trust::{Provenance, Requirement, TrustError, TrustedRoot, verify_image};
use serde_json::Value;

use bundle_testing::internet::sigstore::{Forge, Form, GITHUB, SignedManifest, Signing, Sigstore, Subject};

/// The identity that the policy of every test names.
pub const IDENTITY: &str =
    "https://github.com/falcosecurity/falco/.github/workflows/reusable_publish_docker.yaml@refs/tags/0.44.1";
/// All forms, in the order of a row's results.
pub const FORMS: [Form; 3] = [Form::Tag, Form::Bundle, Form::BundleV2];

/// A change, and the result for each form of signature that has it.
pub struct Row(pub &'static str, pub Forge, pub [&'static str; 3]);

/// Returns the results of a row that a signature tag cannot have.
pub fn bundles(text: &'static str) -> [&'static str; 3] {
    ["-", text, text]
}

/// Returns the results of a row that Rekor v2 cannot have.
pub fn version_1(text: &'static str) -> [&'static str; 3] {
    [text, text, "-"]
}

/// A Sigstore, its trusted root, and an image.
pub struct Bench {
    pub sigstore: Sigstore,
    pub root: TrustedRoot,
    pub subject: Subject,
}

impl Bench {
    pub fn new() -> Self {
        let sigstore = Sigstore::new();
        let root = TrustedRoot::parse(sigstore.trusted_root().as_bytes()).expect("a trusted root");
        let descriptor = Descriptor::of(oci::MANIFEST, b"an image");
        let subject = Subject { descriptor, repository: "docker.io/falcosecurity/falco".to_owned() };
        Self { sigstore, root, subject }
    }

    pub fn image(&self) -> Digest {
        self.subject.descriptor.digest
    }

    pub fn sign(&self, form: Form, forge: Forge) -> SignedManifest {
        self.sigstore.sign(&self.subject, &Signing::new(form, IDENTITY).forged(forge))
    }

    pub fn verify(&self, signed: &[SignedManifest]) -> Result<Provenance, TrustError> {
        self.verify_for(&requirement(), signed)
    }

    pub fn verify_for(
        &self,
        requirement: &Requirement,
        signed: &[SignedManifest],
    ) -> Result<Provenance, TrustError> {
        let verified = verify_image(self.image(), &evidence(signed), requirement, Some(&self.root));
        verified.map(airgap_bundle::trust::Verified::into_inner)
    }
}

/// Returns the requirement of [`IDENTITY`].
pub fn requirement() -> Requirement {
    Requirement::Identity(Identity::exact(GITHUB, IDENTITY))
}

/// Returns the evidence that a registry would give back.
pub fn evidence(signed: &[SignedManifest]) -> Vec<Evidence> {
    signed.iter().map(of_registry).collect()
}

fn of_registry(signed: &SignedManifest) -> Evidence {
    let blobs = signed.blobs.iter().map(|blob| (Digest::of(blob), blob.clone()));
    let manifest = Manifest::parse(signed.manifest.clone(), None).expect("a manifest");
    Evidence { tag: signed.tag.clone(), manifest, blobs: blobs.collect() }
}

/// Returns the result for an image: the fault of a bad signature, or what strangers' signatures are.
pub fn said(result: Result<Provenance, TrustError>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(TrustError::Bad { source, .. }) => source.to_string(),
        Err(TrustError::NotAsRequired { found, .. }) => format!("only {found}"),
        Err(other) => other.to_string(),
    }
}

/// Compares every row with its result, and shows all differences at once.
pub fn check(rows: Vec<Row>) {
    let bench = Bench::new();
    let mut differences = Vec::new();
    for Row(what, forge, expected) in rows {
        for (form, expected) in FORMS.into_iter().zip(expected) {
            if expected == "-" {
                continue;
            }
            let found = said(bench.verify(&[bench.sign(form, forge.clone())]));
            if found != expected {
                differences.push(format!("{what}, {form:?}\n  expected: {expected}\n  found:    {found}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Puts a value at a pointer that exists; elsewhere nothing changes.
pub fn put(value: &mut Value, pointer: &str, new: Value) {
    if let Some(old) = value.pointer_mut(pointer) {
        *old = new;
    }
}
