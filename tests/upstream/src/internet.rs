//! A stand-in for the internet: loopback registries with what a spec names, under upstream's own names.
//!
//! `table.yaml` says what upstream publishes in each repository; the shapes are upstream's, the contents are stand-ins
//! that say so. The same options give the same bytes on every start, so a lock stays valid.
//! A program is real only where its path is given; where upstream's programs run here, a small one answers in their place.
//! With [`Options::sign`] items are signed as upstream signs them, by a [`sigstore`] of the stand-in's own.

mod artifact;
mod attestation;
mod chaos;
mod compile;
mod error;
mod file_server;
mod front;
mod gzip;
mod image;
mod layer;
mod publication;
pub mod sigstore;
mod table;
#[cfg(test)]
mod upstream_fails_on_request;
#[cfg(test)]
mod upstream_is_like_upstream;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use airgap_bundle::digest::Digest;
use airgap_bundle::reference::ImageRef;
use airgap_bundle::registry::{Access, Client, Patience, RegistryError};
use airgap_bundle::server::{Registry, Running};
use airgap_bundle::spec::{FileMirror, Item, ItemKind, Mirror, Registries, Spec};

pub use chaos::{Chaos, mixed};
pub use compile::standin;
pub use error::UpstreamError;
pub use file_server::{FileServer, Served};
pub use front::{Answer, Fault, Front};
use image::Programs;
use layer::Content;
use publication::Publication;
use sigstore::Sigstore;

/// Where Debian's package `busybox-static` puts it.
const BUSYBOX: &str = "/bin/busybox";

/// What is started, and with which contents.
#[derive(Debug, Clone)]
pub struct Options {
    /// Names what upstream must publish.
    pub spec: Spec,
    /// Upstream's own programs, by repository (`docker.io/openpolicyagent/gatekeeper`); all others are stand-ins.
    pub real: BTreeMap<String, PathBuf>,
    /// The stand-in program (see [`standin`]); without it images hold a text only.
    pub standin: Option<PathBuf>,
    /// A folder with the spec's pinned files, named by SHA-256; for others there are stand-ins.
    pub files: Option<PathBuf>,
    /// How many empty registries are started beside upstream's.
    pub empty: usize,
    /// Whether every registry gets a [`Front`].
    pub fronts: bool,
    /// Whether what upstream signs is signed.
    pub sign: bool,
}

/// The running stand-in for the internet, until it is dropped.
pub struct Upstream {
    /// Where upstream's hosts are, and the empty registries, which are called `empty-1` and so on.
    pub addresses: BTreeMap<String, SocketAddr>,
    /// What was filled in, in the order of the spec.
    pub published: Vec<Published>,
    files: Option<FileServer>,
    fronts: BTreeMap<String, Front>,
    running: Vec<Running>,
}

/// One image or artifact that can be pulled.
#[derive(Debug, Clone)]
pub struct Published {
    /// Under which name.
    pub reference: ImageRef,
    /// The digest of its manifest or index.
    pub digest: Digest,
}

impl Options {
    /// Returns options for a spec: stand-ins without a program, no files, no further registries, no fronts.
    #[must_use]
    pub fn of(spec: Spec) -> Self {
        Self { spec, real: BTreeMap::new(), standin: None, files: None, empty: 0, fronts: false, sign: false }
    }
}

/// Starts the registries and fills them.
///
/// # Errors
/// When the table does not know an item, a given file or program cannot be read, or the machine gives no port.
pub async fn start(options: &Options) -> Result<Upstream, UpstreamError> {
    let publications = options.spec.items().map(|item| publication(item, options));
    let publications = publications.collect::<Result<Vec<_>, _>>()?;
    let mut upstream = Upstream {
        addresses: BTreeMap::new(),
        published: Vec::new(),
        files: files(options).await?,
        fronts: BTreeMap::new(),
        running: Vec::new(),
    };
    for name in names(options) {
        upstream.add(name, options.fronts).await?;
    }
    let (client, sigstore) = (upstream.client()?, Sigstore::new());
    for (item, publication) in options.spec.items().zip(publications) {
        let repository = client.upstream(&item.reference);
        let digest = publication.push(&repository).await?;
        if options.sign {
            let descriptor = publication.top.descriptor();
            sigstore::publish(&sigstore, &repository, &item.reference, descriptor).await?;
        }
        upstream.published.push(Published { reference: item.reference.clone(), digest });
    }
    for front in upstream.fronts.values() {
        drop(front.take_requests());
    }
    Ok(upstream)
}

fn names(options: &Options) -> BTreeSet<String> {
    let hosts = options.spec.items().map(|item| item.reference.registry().to_owned());
    hosts.chain((1..=options.empty).map(|number| format!("empty-{number}"))).collect()
}

fn publication(item: &Item, options: &Options) -> Result<Publication, UpstreamError> {
    let reference = &item.reference;
    let row = table::row(reference).filter(|_| reference.tag().is_some());
    let local = |source| UpstreamError::Local { what: format!("`{reference}`"), source };
    match (item.kind, row.map(|row| (&row.image, &row.artifact))) {
        (ItemKind::Image, Some((Some(row), _))) => {
            let open = |path: &PathBuf| Content::open(path);
            let real = options.real.get(&reference.name()).map(open).transpose().map_err(local)?;
            let standin = options.standin.as_ref().map(open).transpose().map_err(local)?;
            let busybox = Some(Path::new(BUSYBOX)).filter(|path| row.alpine && path.exists());
            let busybox = busybox.map(Content::open).transpose().map_err(local)?;
            image::publication(reference, row, &Programs { real, standin, busybox }).map_err(local)
        }
        (ItemKind::Artifact, Some((_, Some(row)))) => artifact::publication(reference, row).map_err(local),
        (kind, _) => {
            let kind = if kind == ItemKind::Image { "an image" } else { "an artifact" };
            Err(UpstreamError::Unknown { reference: reference.clone(), kind })
        }
    }
}

/// Starts the server of the spec's files, where there is a folder with those that are pinned.
async fn files(options: &Options) -> Result<Option<FileServer>, UpstreamError> {
    let Some(folder) = &options.files else { return Ok(None) };
    check_files(&options.spec, folder)?;
    let local = |source| UpstreamError::Local { what: "the server of files".to_owned(), source };
    let server = FileServer::start().await.map_err(local)?;
    server.publish(&options.spec, folder);
    Ok(Some(server))
}

fn check_files(spec: &Spec, folder: &Path) -> Result<(), UpstreamError> {
    for file in spec.files() {
        let Some(expected) = file.sha256 else { continue };
        let path = folder.join(expected.hex());
        let name = file.name.clone();
        let bytes = std::fs::read(&path).map_err(|source| UpstreamError::File { name, path, source })?;
        let found = Digest::of(&bytes);
        if found != expected {
            return Err(UpstreamError::Altered { name: file.name.clone(), expected, found });
        }
    }
    Ok(())
}

impl Upstream {
    async fn add(&mut self, name: String, front: bool) -> Result<(), UpstreamError> {
        let local = |source| UpstreamError::Local { what: format!("the registry `{name}`"), source };
        let running = Registry::writable().spawn().await.map_err(local)?;
        let mut address = running.address;
        if front {
            let front = Front::start(address).await.map_err(local)?;
            address = front.address;
            self.fronts.insert(name.clone(), front);
        }
        self.addresses.insert(name, address);
        self.running.push(running);
        Ok(())
    }

    /// Returns what a `--registries` file would say.
    #[must_use]
    pub fn registries(&self) -> Registries {
        let mirror = |address: &SocketAddr| Mirror {
            host: address.to_string(),
            prefix: String::new(),
            plain_http: Some(true),
            ..Mirror::default()
        };
        Registries {
            mirrors: self.hosts().map(|(host, address)| (host.clone(), mirror(address))).collect(),
            files: self.files.as_ref().map(|server| FileMirror::Url(format!("http://{}", server.address))),
        }
    }

    /// Returns the text of a `--registries` file.
    #[must_use]
    pub fn registries_text(&self) -> String {
        let hosts = self
            .hosts()
            .map(|(host, address)| format!("{host}: {{mirror: \"{address}\", plainHttp: true}}\n"));
        let files =
            self.files.iter().map(|server| format!("files: {{url: \"http://{}\"}}\n", server.address));
        hosts.chain(files).collect()
    }

    /// Returns a client that asks these registries in place of upstream's.
    ///
    /// # Errors
    /// When the machine's TLS set-up cannot be used.
    pub fn client(&self) -> Result<Client, RegistryError> {
        // What fails once is to be seen.
        let access = Access { patience: Patience::none(), ..Access::default() };
        Client::with_access(self.registries(), &access)
    }

    /// Returns the server of files, if there is one.
    #[must_use]
    pub fn files(&self) -> Option<&FileServer> {
        self.files.as_ref()
    }

    /// Returns the front of a host or of an empty registry.
    #[must_use]
    pub fn front(&self, name: &str) -> Option<&Front> {
        self.fronts.get(name)
    }

    /// Returns where an empty registry is, counted from 1.
    #[must_use]
    pub fn empty(&self, number: usize) -> Option<SocketAddr> {
        self.addresses.get(&format!("empty-{number}")).copied()
    }

    fn hosts(&self) -> impl Iterator<Item = (&String, &SocketAddr)> {
        self.addresses.iter().filter(|(name, _)| !name.starts_with("empty-"))
    }
}

/// Returns the platform whose programs run here.
#[must_use]
pub fn this_platform() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "linux/arm64",
        "x86_64" => "linux/amd64",
        _ => "",
    }
}
