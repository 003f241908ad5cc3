//! A small bundle with the shipped node files, made by hand, and the sites that it is rendered for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use airgap_bundle::digest::Digest;
use airgap_bundle::lock::{CertificateSigner, Lock, LockedFile, LockedItem, SignatureSeen, Signer};
use airgap_bundle::oci::Descriptor;
use airgap_bundle::spec::ItemKind;
use serde_json::json;
use tempfile::TempDir;

use crate::made::Made;
use crate::support::{Ran, bundle, project};

/// What the site says of its registry's certificates.
pub const AUTHORITY: &str = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n";

const SPEC: &str = r#"apiVersion: bundle/v1alpha1
kind: Bundle
metadata: {name: homelab, version: 1.0.0}
targets: [linux/amd64]
components:
  - name: app
    version: 1.0.0
    images:
      - {ref: "docker.io/acme/app:1", verify: {keyless: {issuer: "https://issuer.test", identity: "https://acme.test/app"}}}
      - {ref: "quay.io/acme/other:2", verify: {unsigned: {reason: "upstream\nsigns nothing"}}}
  - name: falco
    version: 0.44.1
"#;

const LAYER: &str = "apiVersion: bundle/v1alpha1\nkind: Layer\nmanifests: [objects.yaml]\n";

/// A folder with a bundle `b.tar`.
pub struct Carried {
    /// The folder.
    pub folder: TempDir,
}

/// A site, as its parts.
#[derive(Debug, Clone, Copy)]
pub struct SiteText {
    /// The platform that the site names.
    pub platform: &'static str,
    /// `mirror` or `rewrite`.
    pub images: &'static str,
    /// The prefix of the registry; empty for none.
    pub prefix: &'static str,
    /// The path of its own that `quay.io` has; empty for none.
    pub quay: &'static str,
    /// How the registry is reached.
    pub transport: Transport,
}

/// How the registry is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Plain HTTP.
    Plain,
    /// TLS of an authority that every machine knows.
    Tls,
    /// TLS of an authority of the site's own.
    OwnAuthority,
}

impl SiteText {
    /// Returns every combination for a platform.
    pub fn all(platform: &'static str) -> Vec<Self> {
        let mut all = Vec::new();
        for images in ["mirror", "rewrite"] {
            for (prefix, quay) in [("", ""), ("edge/k8s", ""), ("", "mirror/quay"), ("edge", "quay")] {
                for transport in [Transport::Plain, Transport::Tls, Transport::OwnAuthority] {
                    all.push(Self { platform, images, prefix, quay, transport });
                }
            }
        }
        all
    }

    /// Returns the site file.
    pub fn text(&self) -> String {
        let Self { platform, images, prefix, quay, transport } = self;
        let prefix = if prefix.is_empty() { String::new() } else { format!(", prefix: {prefix}") };
        let paths = if quay.is_empty() { String::new() } else { format!(", paths: {{quay.io: {quay}}}") };
        let transport = match transport {
            Transport::Plain => ", plainHttp: true",
            Transport::Tls => "",
            Transport::OwnAuthority => ", ca: ca.pem",
        };
        format!(
            "apiVersion: bundle/v1alpha1\nkind: Site\nplatform: {platform}\n\
             registry: {{address: 'registry.lan:5000', images: {images}{prefix}{paths}{transport}}}\n"
        )
    }

    /// Returns the address that nodes ask, as it has to be in their files.
    pub fn url(&self) -> &'static str {
        if self.transport == Transport::Plain {
            "http://registry.lan:5000"
        } else {
            "https://registry.lan:5000"
        }
    }

    /// Returns the path below which the registry has everything of a host; empty for none.
    pub fn path_of(&self, host: &str) -> String {
        let parts = [self.prefix, if host == "quay.io" { self.quay } else { "" }];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
    }

    /// Returns the hosts that nodes have to ask the registry for instead.
    pub fn mirrored(&self) -> &'static [&'static str] {
        if self.images == "mirror" { &["docker.io", "quay.io"] } else { &[] }
    }
}

impl Carried {
    /// Makes a bundle with K3s' files, or without.
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        Self::changed(files, &[])
    }

    /// Makes a bundle with some files changed.
    pub fn changed(files: &[(&str, &[u8])], changes: &[(&str, &str)]) -> Self {
        let (folder, mut made) = (TempDir::new().expect("a folder"), Made::default());
        let app = made.image("docker.io/acme/app:1", b"app");
        let other = made.image("quay.io/acme/other:2", b"other");
        let mut texts = shipped();
        texts.insert("bundle.yaml".into(), SPEC.into());
        texts.insert("bundle.lock".into(), lock(&app, &other, files));
        let layer = |name: &str, optional: &str| format!("{LAYER}optionalKinds: [{optional}]\n# {name}\n");
        texts.insert("layers/10-first/layer.yaml".into(), layer("first", ""));
        texts.insert("layers/10-first/objects.yaml".into(), objects("first", ""));
        texts.insert("layers/20-second/layer.yaml".into(), layer("second", "acme.test/Watch"));
        let watch = "---\napiVersion: acme.test/v1\nkind: Watch\nmetadata: {name: watch}\n";
        texts.insert("layers/20-second/objects.yaml".into(), objects("second", watch));
        texts.extend(changes.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        for (path, text) in &texts {
            made.file(path, text.as_bytes());
        }
        for (name, content) in files {
            made.file(&format!("files/{name}"), content);
        }
        made.write(folder.path());
        fs::write(folder.path().join("ca.pem"), format!("a comment\n{AUTHORITY}")).expect("a file");
        Self { folder }
    }

    /// Returns a path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `bundle render`.
    pub fn try_render(&self, site: &SiteText, output: &str, more: &[&str]) -> Ran {
        fs::write(self.path("site.yaml"), site.text()).expect("a file");
        let arguments = ["render", "b.tar", "--insecure-unsigned", "--site", "site.yaml", "-o", output];
        bundle(self.folder.path(), arguments.iter().chain(more))
    }

    /// Renders a site into a folder of its own and returns that.
    pub fn render(&self, site: &SiteText) -> PathBuf {
        let folder = self.rendered(site);
        self.try_render(site, folder.to_str().expect("a path"), &[]).ok();
        folder
    }

    /// Returns the folder of a site that was rendered.
    pub fn rendered(&self, site: &SiteText) -> PathBuf {
        self.path(&format!("{site:?}").replace(|letter: char| !letter.is_ascii_alphanumeric(), ""))
    }
}

/// Returns the text of a shipped file of a platform, with something else in the place of a part of it.
pub fn altered(path: &str, from: &str, to: &str) -> String {
    let text = fs::read_to_string(project().join(path)).expect("a shipped file");
    assert!(text.contains(from), "`{path}` has no `{from}`");
    text.replace(from, to)
}

fn shipped() -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for platform in ["k3s", "talos"] {
        let folder = project().join(platform);
        read(&folder, &format!("platforms/{platform}"), &mut texts);
    }
    texts
}

fn read(folder: &Path, name: &str, texts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = format!("{name}/{}", path.file_name().expect("a name").to_string_lossy());
        if path.is_dir() {
            read(&path, &name, texts);
        } else {
            texts.insert(name, fs::read_to_string(path).expect("a text"));
        }
    }
}

fn objects(name: &str, more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: b-{name}, namespace: default}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a-{name}, namespace: default}}\n{more}"
    )
}

fn lock(app: &Descriptor, other: &Descriptor, files: &[(&str, &[u8])]) -> String {
    let certificate = CertificateSigner {
        identity: "https://acme.test/app".into(),
        issuer: "https://issuer.test".into(),
        log_id: "00".into(),
        log_index: 1,
        time: "2026-01-01T00:00:00Z".into(),
    };
    let item = |name: &str, descriptor: &Descriptor, signature| LockedItem {
        reference: name.parse().expect("a reference"),
        kind: ItemKind::Image,
        digest: descriptor.digest,
        subset: None,
        platforms: Vec::new(),
        size: descriptor.size,
        signatures: vec![signature],
        attestations: Vec::new(),
    };
    let signer = Signer::Certificate(certificate);
    let items = vec![
        item("docker.io/acme/app:1", app, SignatureSeen::SigstoreBundle { signer }),
        item(
            "quay.io/acme/other:2",
            other,
            SignatureSeen::Unsigned { reason: "upstream\nsigns nothing".into() },
        ),
    ];
    let file = |(name, content): &(&str, &[u8])| -> LockedFile {
        let (url, sha256) = (format!("https://acme.test/{name}"), Digest::of(content));
        let file = json!({"name": name, "url": url, "sha256": sha256, "size": content.len()});
        serde_json::from_value(file).expect("a file of a lock")
    };
    Lock::new(vec!["linux/amd64".into()], items, files.iter().map(file).collect()).to_text()
}
