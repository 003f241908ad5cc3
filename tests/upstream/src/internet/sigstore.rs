//! A private Sigstore for tests: certificate authority, CT log, Rekor in both versions, timestamp authority.
//!
//! It signs for any identity, in every form that upstream uses, and the public cosign accepts what it made when it is given
//! [`Sigstore::trusted_root`]. Keys come from names, times are fixed, signatures are deterministic: the same request gives
//! the same bytes. What must not be accepted is made by changing one step in between (see [`Forge`]).

mod blob;
pub mod body;
pub mod certificate;
pub mod claims;
pub mod clock;
pub mod der;
pub mod encoding;
mod forge;
pub mod key;
mod leaf;
pub mod log;
pub mod merkle;
mod push;
mod said;
#[cfg(test)]
mod same_bytes;
mod sct;
pub mod store;
pub mod timestamp;
mod trusted_root;
mod upstream;

use airgap_bundle::oci::Descriptor;
use serde::Deserialize;
use serde_json::{Value, json};

use certificate::Authority;
pub use claims::{Claims, GITHUB};
pub use forge::Forge;
use key::{Key, Kind};
pub use leaf::{Leaf, alternative_name};
use log::{Admission, Log};
pub use said::{IN_TOTO, PROVENANCE, SIGNATURE, Signature, Signed};
pub use sct::Sct;
pub use store::{Layer, SignedManifest};
use timestamp::{Stamp, Stamper};
pub use upstream::{SignatureRow, publish, signings};

const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
// Below the second after which the leaf is not valid, and apart from each other.
const STAMPED_AFTER: u64 = 1;
const LOGGED_AFTER: u64 = 2;

/// An instance: whom its trusted root names.
#[derive(Debug, Clone)]
pub struct Sigstore {
    /// The certificate authority's root.
    pub root: Authority,
    /// The authority that issues.
    pub intermediate: Authority,
    /// The CT log's key.
    pub ct: Key,
    /// The log, in its first version.
    pub rekor: Log,
    /// The log, in its second version.
    pub rekor_v2: Log,
    /// The timestamp authority.
    pub stamper: Stamper,
    seed: String,
}

/// Where and how a signature is stored, and what proves its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Form {
    /// A signature tag (`sha256-….sig`); Rekor's promise.
    Tag,
    /// A Sigstore bundle that refers to its subject; Rekor's promise and inclusion proof.
    Bundle,
    /// A Sigstore bundle that refers to its subject; an inclusion proof of Rekor's second version, and a timestamp.
    BundleV2,
}

/// Who signs, how, when and what for.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The identity: the URI in the certificate.
    pub identity: String,
    /// The OIDC issuer of the identity.
    pub issuer: String,
    /// What the certificate says about GitHub's workflow.
    pub claims: Option<Claims>,
    /// The form.
    pub form: Form,
    /// When the certificate begins, in seconds since 1970.
    pub time: u64,
    /// Whether a bundle gets a timestamp.
    pub stamped: bool,
    /// What the statement in a bundle is about.
    pub predicate_type: String,
    /// What it says.
    pub predicate: Value,
    /// What is changed on the way.
    pub forge: Forge,
}

/// What is signed.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Its descriptor; a referrer repeats media type, digest and size.
    pub descriptor: Descriptor,
    /// The repository's name, which a payload repeats.
    pub repository: String,
}

impl Signing {
    /// Makes an image's signature by a workflow of GitHub's.
    #[must_use]
    pub fn new(form: Form, identity: &str) -> Self {
        Self {
            identity: identity.to_owned(),
            issuer: GITHUB.to_owned(),
            claims: Claims::of(identity),
            form,
            time: clock::SIGNED,
            stamped: form != Form::Tag,
            predicate_type: SIGNATURE.to_owned(),
            predicate: json!({}),
            forge: Forge::default(),
        }
    }

    /// Makes a build provenance by a workflow of GitHub's.
    #[must_use]
    pub fn provenance(form: Form, identity: &str) -> Self {
        let signing = Self::new(form, identity);
        let predicate = said::provenance(&signing);
        Self { predicate_type: PROVENANCE.to_owned(), predicate, ..signing }
    }

    /// Returns the same with changes.
    #[must_use]
    pub fn forged(self, forge: Forge) -> Self {
        Self { forge, ..self }
    }
}

impl Default for Sigstore {
    fn default() -> Self {
        Self::new()
    }
}

impl Sigstore {
    /// Returns the instance that the stand-in for the internet signs with.
    #[must_use]
    pub fn new() -> Self {
        Self::named("sigstore")
    }

    /// Returns an instance with the same names but keys of its own.
    #[must_use]
    pub fn named(seed: &str) -> Self {
        let root = Authority::root(Kind::P384, &format!("{seed} root"), "sigstore");
        let below = format!("{seed} intermediate");
        let intermediate = root.below(Kind::P384, &below, "sigstore-intermediate", CODE_SIGNING);
        let log = |kind, host: &str, origin: String| {
            let key = Key::of(kind, &format!("{seed} {host}"));
            Log { host: host.to_owned(), origin, key }
        };
        let (rekor, rekor_v2) = ("rekor.sigstore.test", "log2026-1.rekor.sigstore.test");
        Self {
            root,
            intermediate,
            ct: Key::of(Kind::P256, &format!("{seed} ct")),
            rekor: log(Kind::P256, rekor, format!("{rekor} - 1193050959916656506")),
            rekor_v2: log(Kind::Ed25519, rekor_v2, rekor_v2.to_owned()),
            stamper: Stamper::new(seed),
            seed: seed.to_owned(),
        }
    }

    /// Returns the text of a `trusted_root.json` that trusts this instance only.
    #[must_use]
    pub fn trusted_root(&self) -> String {
        format!("{:#}\n", trusted_root::trusted_root(self))
    }

    /// Signs a subject and returns what has to be pushed beside it.
    #[must_use]
    pub fn sign(&self, subject: &Subject, signing: &Signing) -> SignedManifest {
        match signing.form {
            Form::Tag => {
                let layer = self.layer(subject, signing);
                store::tag(subject, &[layer], |manifest| signing.forge.made_manifest(manifest))
            }
            Form::Bundle | Form::BundleV2 => {
                store::referrer(subject, &self.bundle(subject, signing), signing)
            }
        }
    }

    /// Signs a subject several times behind one signature tag.
    #[must_use]
    pub fn sign_tag(&self, subject: &Subject, signings: &[Signing]) -> SignedManifest {
        let layers: Vec<_> = signings.iter().map(|signing| self.layer(subject, signing)).collect();
        store::tag(subject, &layers, |manifest| manifest)
    }

    /// Attests a subject behind the older attestation tag; the signing's form is that of a bundle of Rekor v1.
    #[must_use]
    pub fn attest_tag(&self, subject: &Subject, signing: &Signing) -> SignedManifest {
        let (certificate, signed) = self.signed(subject, signing);
        let entry = self.entry(signing, &signed, &certificate);
        let mut annotations = store::annotations(self, &signed, &certificate, &entry);
        // In this form the signature is in the envelope.
        annotations["dev.cosignproject.cosign/signature"] = json!("");
        annotations["predicateType"] = json!(signing.predicate_type);
        let annotations = signing.forge.made_stored(annotations);
        let layer = Layer { payload: body::submitted(&signed).to_string().into(), annotations };
        store::attestation_tag(subject, &[layer], |manifest| signing.forge.made_manifest(manifest))
    }

    /// Returns one layer of a signature tag.
    #[must_use]
    pub fn layer(&self, subject: &Subject, signing: &Signing) -> Layer {
        let (certificate, signed) = self.signed(subject, signing);
        let entry = self.entry(signing, &signed, &certificate);
        let annotations = store::annotations(self, &signed, &certificate, &entry);
        Layer { payload: signed.payload.into(), annotations: signing.forge.made_stored(annotations) }
    }

    /// Returns a Sigstore bundle, not yet stored anywhere.
    #[must_use]
    pub fn bundle(&self, subject: &Subject, signing: &Signing) -> Value {
        let (certificate, signed) = self.signed(subject, signing);
        let entry = self.entry(signing, &signed, &certificate);
        let stamp = Stamp::new(&self.stamper, signed.signature(), signing.time + STAMPED_AFTER);
        let stamps = signing.forge.made_stamps(if signing.stamped { vec![stamp] } else { Vec::new() });
        signing.forge.made_stored(store::bundle(&signed, &certificate, &entry, &stamps))
    }

    /// Has a certificate issued and signs with its key.
    fn signed(&self, subject: &Subject, signing: &Signing) -> (Vec<u8>, Signed) {
        let Signing { identity, form, predicate_type, .. } = signing;
        let digest = subject.descriptor.digest;
        let seed = format!("{} {identity} {digest} {form:?} {predicate_type}", self.seed);
        let leaf = signing.forge.made_leaf(Leaf::new(self, signing, &seed));
        let certificate = signing.forge.made_certificate(leaf.issue());
        let payload = signing.forge.made_said(said::said(subject, signing)).to_string();
        let signed = Signed::new(&leaf.key, *form, payload.into_bytes());
        (certificate, signing.forge.made_signed(signed))
    }

    fn entry(&self, signing: &Signing, signed: &Signed, certificate: &[u8]) -> log::Entry {
        let Signing { form, forge, .. } = signing;
        let body = forge.made_body(body::body(*form, signed, certificate));
        let (log, time) = match form {
            Form::BundleV2 => (&self.rekor_v2, None),
            Form::Tag | Form::Bundle => (&self.rekor, Some(signing.time + LOGGED_AFTER)),
        };
        let admission = forge.made_admission(Admission::new(log, body::kind(*form), &body, time));
        forge.made_entry(admission.entry())
    }
}
