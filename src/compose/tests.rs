use std::io::Write as _;

use serde_json::{Value, json};

use super::*;
use crate::oci;
use crate::reference::ImageRef;
use crate::spec::Addition;

const TARGETS: [&str; 2] = ["linux/amd64", "linux/arm64"];
const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const DOCKER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// What is in a tar: name, kind and content.
type Member<'a> = (&'a str, tar::EntryType, &'a [u8]);

fn tarred(members: &[Member<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, kind, content) in members {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_uid(1000);
        header.set_mtime(7);
        header.set_cksum();
        tar.append(&header, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    compressed(bytes, flate2::Compression::fast())
}

fn compressed(bytes: &[u8], level: flate2::Compression) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), level);
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn file(name: &'static str, content: &'static str) -> Member<'static> {
    (name, tar::EntryType::Regular, content.as_bytes())
}

/// What upstream has, in memory.
#[derive(Default)]
struct World {
    blobs: BTreeMap<Digest, Bytes>,
    parts: Vec<(ImageRef, Manifest, Vec<Manifest>)>,
}

impl World {
    fn blob(&mut self, media_type: &str, bytes: impl Into<Bytes>) -> Descriptor {
        let bytes = bytes.into();
        let descriptor = Descriptor::of(media_type, &bytes);
        self.blobs.insert(descriptor.digest, bytes);
        descriptor
    }

    /// An image or artifact with one manifest a platform, or one of none.
    fn part(&mut self, name: &str, index: &str, manifests: Vec<(Option<&str>, Value)>) {
        let parsed = |value: &Value| Manifest::parse(value.to_string().into(), None).unwrap();
        let children: Vec<_> = manifests.iter().map(|(_, manifest)| parsed(manifest)).collect();
        let listed = manifests.iter().zip(&children).map(|((platform, _), child)| Descriptor {
            platform: platform.map(|name| {
                let (os, architecture) = name.split_once('/').unwrap();
                Platform { os: os.to_owned(), architecture: architecture.to_owned(), variant: None }
            }),
            ..child.descriptor.clone()
        });
        let top = match manifests.as_slice() {
            [(None, manifest)] => parsed(manifest),
            _ => parsed(
                &json!({"schemaVersion": 2, "mediaType": index, "manifests": listed.collect::<Vec<_>>()}),
            ),
        };
        self.parts.push((name.parse().unwrap(), top, children));
    }

    fn config(&mut self, architecture: &str, more: &Value) -> Descriptor {
        let mut config = json!({"os": "linux", "architecture": architecture, "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"inner")]}});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.blob(oci::IMAGE_CONFIG, config.to_string())
    }

    /// A base of both platforms.
    fn base(&mut self, manifest: &str, index: &str, layer: &str, more: &Value) {
        let made = ["amd64", "arm64"].map(|architecture| {
            let config = self.config(architecture, more);
            let layer = self.blob(layer, format!("the layer of {architecture}"));
            let urls = json!({"mediaType": layer.media_type, "digest": layer.digest, "size": layer.size, "urls": ["https://a.example"]});
            json!({"schemaVersion": 2, "mediaType": manifest, "config": config, "layers": [urls]})
        });
        let [amd64, arm64] = made;
        let children = vec![(Some("linux/amd64"), amd64), (Some("linux/arm64"), arm64)];
        self.part("docker.io/a/base:1", index, children);
    }

    /// An artifact for both platforms, and one for none.
    fn artifacts(&mut self) {
        let made = ["amd64", "arm64"].map(|architecture| {
            let content = format!("a library for {architecture}");
            let members =
                [file("README.md", "read me"), ("lib.so", tar::EntryType::Regular, content.as_bytes())];
            self.artifact(gzipped(&tarred(&members)))
        });
        let [amd64, arm64] = made;
        self.part(
            "ghcr.io/a/plugin:2",
            oci::INDEX,
            vec![(Some("linux/amd64"), amd64), (Some("linux/arm64"), arm64)],
        );
        let rules = self.artifact(gzipped(&tarred(&[file("./rules.yaml", "rules: []\n")])));
        self.part("ghcr.io/a/rules:3", oci::INDEX, vec![(None, rules)]);
    }

    fn artifact(&mut self, layer: Vec<u8>) -> Value {
        let config = self.blob("application/vnd.oci.empty.v1+json", "{}");
        let layer = self.blob("application/x+tar.gz", layer);
        json!({"schemaVersion": 2, "mediaType": oci::MANIFEST, "config": config, "layers": [layer]})
    }

    fn find<'a>(&'a self, reference: &'a ImageRef) -> Option<Part<'a>> {
        let (reference, top, children) = self.parts.iter().find(|(name, ..)| name == reference)?;
        Some(Part { reference, top, children: children.iter().collect() })
    }

    fn read(&self, wanted: &Descriptor) -> std::io::Result<Bytes> {
        self.blobs.get(&wanted.digest).cloned().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }

    fn make(&self, compose: &Compose) -> Result<Composed, ComposeError> {
        let targets = TARGETS.map(str::to_owned);
        let recipe = Recipe::new(compose, &targets, |reference| self.find(reference))?;
        let read = |wanted: &Descriptor| self.read(wanted);
        let layers = recipe.layers()?.into_iter().map(|layer| Ok((layer.measure(&read)?, layer)));
        let layers = layers.collect::<Result<Vec<_>, ComposeError>>()?;
        recipe.make(layers, &read)
    }

    fn layer(&self, recipe: &LayerRecipe) -> Vec<u8> {
        let mut bytes = Vec::new();
        let read = |wanted: &Descriptor| self.read(wanted);
        let mut take = |piece: &[u8]| {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        recipe.write(&read, &mut take).unwrap();
        bytes
    }
}

fn compose() -> Compose {
    let addition =
        |artifact: &str, path: &str| Addition { artifact: artifact.parse().unwrap(), path: path.to_owned() };
    Compose {
        image: "bundle.local/made:1-2".parse().unwrap(),
        base: "docker.io/a/base:1".parse().unwrap(),
        add: vec![
            addition("ghcr.io/a/rules:3", "/etc/rules.yaml"),
            addition("ghcr.io/a/plugin:2", "/lib/lib.so"),
        ],
    }
}

fn world(more: &Value) -> World {
    let mut world = World::default();
    world.base(oci::MANIFEST, oci::INDEX, GZIP, more);
    world.artifacts();
    world
}

fn document(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_layer_holds_the_files_of_its_platform_and_nothing_of_their_makers() {
    let world = world(&json!({}));
    let composed = world.make(&compose()).unwrap();
    for (architecture, manifest) in ["amd64", "arm64"].into_iter().zip(&composed.manifests) {
        let added = manifest.document.layers.last().unwrap();
        let (size, recipe) = &composed.layers[&added.digest];
        let bytes = world.layer(recipe);
        assert_eq!((Digest::of(&bytes), bytes.len() as u64), (added.digest, *size));
        let mut inner = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut inner).unwrap();
        let config = document(&composed.configs[&manifest.document.config.as_ref().unwrap().digest]);
        assert_eq!(config["rootfs"]["diff_ids"][1], json!(Digest::of(&inner)));
        let mut archive = tar::Archive::new(&inner[..]);
        let found = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let header = entry.header().clone();
            let owner = (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap());
            assert_eq!((owner, header.entry_type()), ((0, 0, 0), tar::EntryType::Regular));
            let mut content = String::new();
            std::io::Read::read_to_string(&mut entry, &mut content).unwrap();
            (String::from_utf8(entry.path_bytes().into_owned()).unwrap(), header.mode().unwrap(), content)
        });
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("etc/rules.yaml".to_owned(), 0o644, "rules: []\n".to_owned()),
                ("lib/lib.so".to_owned(), 0o755, format!("a library for {architecture}")),
            ]
        );
    }
}

#[test]
fn the_same_parts_give_the_same_bytes_whatever_the_time_and_the_compressor() {
    let made = world(&json!({})).make(&compose()).unwrap();
    assert_eq!(made.index, world(&json!({})).make(&compose()).unwrap().index);
    let mut other = world(&json!({}));
    let rules = tarred(&[file("x", "y"), file("rules.yaml", "rules: []\n")]);
    let rules = other.artifact(compressed(&rules, flate2::Compression::none()));
    other.parts.pop();
    other.part("ghcr.io/a/rules:3", oci::INDEX, vec![(None, rules)]);
    let layers = |made: &Composed| made.layers.keys().copied().collect::<Vec<_>>();
    let other = other.make(&compose()).unwrap();
    assert_eq!(layers(&made), layers(&other));
    assert_ne!(made.index, other.index, "it says what it was made from");
    // What is made stays the same from one version of this program to the next.
    let known = [
        "sha256:a9434c1b369829d523d8d43c3ff722a0f60a2663a9092202c9a124ce6675eb9e",
        "sha256:c18a44a992dc8a4dcecb93a7982dbe2cb0f3dfec0beb39507092538aaae5f15a",
    ];
    assert_eq!(layers(&made).iter().map(Digest::to_string).collect::<Vec<_>>(), known);
}

#[test]
fn the_base_stays_and_one_layer_is_added_to_it() {
    let history = json!({"created": "2026-01-02T03:04:05Z", "history": [{"created_by": "upstream"}], "config": {"User": "1"}});
    let world = world(&history);
    let composed = world.make(&compose()).unwrap();
    let (_, base, children) = &world.parts[0];
    let plugin = world.parts[1].1.descriptor.digest;
    let rules = world.parts[2].1.descriptor.digest;
    let index = document(&composed.index.bytes);
    assert_eq!(
        index["annotations"],
        json!({
            "local.bundle.added.1": format!("/etc/rules.yaml from ghcr.io/a/rules:3@{rules}"),
            "local.bundle.added.2": format!("/lib/lib.so from ghcr.io/a/plugin:2@{plugin}"),
            "org.opencontainers.image.base.digest": base.descriptor.digest,
            "org.opencontainers.image.base.name": "docker.io/a/base:1",
        })
    );
    assert_eq!(composed.locked.platforms, TARGETS);
    for (before, after) in children.iter().zip(&composed.manifests) {
        let (old, new) = (document(&before.bytes), document(&after.bytes));
        let layers = new["layers"].as_array().unwrap();
        assert_eq!(layers[..1], old["layers"].as_array().unwrap()[..], "the descriptor is unchanged");
        assert_eq!((layers.len(), &layers[1]["mediaType"]), (2, &json!(GZIP)));
        let old = before.document.config.as_ref().unwrap();
        let made = document(&composed.configs[&after.document.config.as_ref().unwrap().digest]);
        let inner = &made["rootfs"]["diff_ids"][1];
        let mut expected = document(&world.blobs[&old.digest]);
        expected["rootfs"]["diff_ids"].as_array_mut().unwrap().push(inner.clone());
        let said = format!(
            "bundle compose: /etc/rules.yaml from ghcr.io/a/rules:3@{rules}, /lib/lib.so from ghcr.io/a/plugin:2@{plugin}"
        );
        expected["history"]
            .as_array_mut()
            .unwrap()
            .push(json!({"created_by": said, "created": "2026-01-02T03:04:05Z"}));
        assert_eq!(document(&composed.configs[&after.document.config.as_ref().unwrap().digest]), expected);
    }
}

#[test]
fn the_media_types_are_those_of_the_base() {
    let mut world = World::default();
    world.base(oci::DOCKER_MANIFEST, oci::DOCKER_INDEX, DOCKER_GZIP, &json!({}));
    world.artifacts();
    let composed = world.make(&compose()).unwrap();
    assert_eq!(composed.index.descriptor.media_type, oci::DOCKER_INDEX);
    for manifest in &composed.manifests {
        let layers: Vec<_> = manifest.document.layers.iter().map(|layer| layer.media_type.as_str()).collect();
        assert_eq!(manifest.descriptor.media_type, oci::DOCKER_MANIFEST);
        assert_eq!(layers, [DOCKER_GZIP; 2]);
    }
}

#[test]
fn a_base_of_a_single_platform_is_for_that_one_only() {
    let mut world = World::default();
    let config = world.config("amd64", &json!({}));
    let layer = world.blob(GZIP, "a layer");
    let manifest =
        json!({"schemaVersion": 2, "mediaType": oci::MANIFEST, "config": config, "layers": [layer]});
    world.part("docker.io/a/base:1", oci::INDEX, vec![(None, manifest)]);
    world.artifacts();
    let error = world.make(&compose()).unwrap_err();
    assert_eq!(error.to_string(), "`docker.io/a/base:1`: it is not for `linux/arm64`");
    let (compose, targets) = (compose(), ["linux/amd64".to_owned()]);
    let recipe = Recipe::new(&compose, &targets, |reference| world.find(reference)).unwrap();
    let read = |wanted: &Descriptor| world.read(wanted);
    let [layer] = <[LayerRecipe; 1]>::try_from(recipe.layers().unwrap()).unwrap();
    let composed = recipe.make(vec![(layer.measure(&read).unwrap(), layer)], &read).unwrap();
    assert_eq!(composed.locked.platforms, ["linux/amd64"]);
}

#[test]
fn a_layer_that_is_not_as_it_must_be_is_refused() {
    let link = |kind| ("lib.so", kind, &b""[..]);
    let many: Vec<_> = (0..10_001).map(|_| file("x", "")).collect();
    let with = |members: &[Member<'_>]| gzipped(&tarred(members));
    let cut = |mut bytes: Vec<u8>| {
        bytes.truncate(512 + 100);
        gzipped(&bytes)
    };
    let wanted = "file `lib.so` of `ghcr.io/a/plugin:2`: ";
    let part = "`ghcr.io/a/plugin:2`: ";
    let long = file("lib.so", std::str::from_utf8(&[b'x'; 300]).unwrap()).2.to_vec();
    for (layer, expected) in [
        (
            with(&[file("other.so", ""), file("lib/lib.so", ""), file("../lib.so", "")]),
            format!("{wanted}it is not there, only `other.so`, `lib/lib.so`, `../lib.so`"),
        ),
        (with(&[]), format!("{wanted}it is not there: the layer is empty")),
        (with(&[file("lib.so", "1"), file("./lib.so", "2")]), format!("{wanted}it is there twice")),
        (with(&[link(tar::EntryType::Symlink)]), format!("{wanted}expected a file, found a link")),
        (with(&[link(tar::EntryType::Link)]), format!("{wanted}expected a file, found a link")),
        (with(&[link(tar::EntryType::Directory)]), format!("{wanted}expected a file, found a folder")),
        (with(&[link(tar::EntryType::Block)]), format!("{wanted}expected a file, found something else")),
        (
            with(&[file("lib.so", "1"), link(tar::EntryType::Symlink)]),
            format!("{wanted}expected a file, found a link"),
        ),
        (with(&many), format!("{part}its layer has more than 10000 entries")),
        (
            b"this is no gzip".to_vec(),
            format!("{part}its layer is no tar in gzip, or too large: invalid gzip header"),
        ),
        (
            cut(tarred(&[("lib.so", tar::EntryType::Regular, &long)])),
            format!("{part}its layer ends 200 bytes before `lib.so` does"),
        ),
    ] {
        assert_eq!(refused(layer), expected);
    }
}

#[test]
fn what_is_too_large_is_refused_without_being_read() {
    let mut huge = tar::Header::new_gnu();
    huge.set_path("lib.so").unwrap();
    huge.set_size(64 * 1024 * 1024 + 1);
    huge.set_cksum();
    let expected = "file `lib.so` of `ghcr.io/a/plugin:2`: it has 67108865 bytes, expected at most 67108864";
    assert_eq!(refused(gzipped(huge.as_bytes())), expected);
    let mut before = tar::Header::new_gnu();
    before.set_path("other").unwrap();
    before.set_size(150 * 1024 * 1024);
    before.set_cksum();
    let mut bomb = before.as_bytes().to_vec();
    bomb.resize(151 * 1024 * 1024, 0);
    let expected =
        "`ghcr.io/a/plugin:2`: its layer is no tar in gzip, or too large: more than 134217728 bytes";
    assert_eq!(refused(gzipped(&bomb)), expected);
}

/// Returns the error for an artifact with this layer.
fn refused(layer: Vec<u8>) -> String {
    let mut world = World::default();
    world.base(oci::MANIFEST, oci::INDEX, GZIP, &json!({}));
    let manifest = world.artifact(layer);
    world.part("ghcr.io/a/plugin:2", oci::INDEX, vec![(None, manifest)]);
    let add = vec![Addition { artifact: "ghcr.io/a/plugin:2".parse().unwrap(), path: "/lib.so".to_owned() }];
    let error = world.make(&Compose { add, ..compose() }).unwrap_err();
    assert!(error.is_refusal() && error.hint().is_some(), "{error}");
    error.to_string()
}

#[test]
fn parts_that_cannot_be_chosen_from_are_refused() {
    let full = world(&json!({}));
    let manifest = |at: usize, child: usize| document(&full.parts[at].2[child].bytes);
    let with = |at: usize, name: &str, children: Vec<(Option<&str>, Value)>| {
        let mut world = World { blobs: full.blobs.clone(), parts: full.parts.clone() };
        world.part(name, oci::INDEX, children);
        let part = world.parts.pop().unwrap();
        world.parts[at] = part;
        world.make(&compose()).unwrap_err().to_string()
    };
    let mut two = manifest(1, 0);
    let layer = two["layers"][0].clone();
    two["layers"].as_array_mut().unwrap().push(layer);
    let mut large = manifest(1, 0);
    large["layers"][0]["size"] = json!(64 * 1024 * 1024 + 1);
    let mut odd = manifest(0, 0);
    let layer = odd["layers"][0].clone();
    odd["layers"].as_array_mut().unwrap().push(layer);
    let (base, plugin) = ("docker.io/a/base:1", "ghcr.io/a/plugin:2");
    for (found, expected) in [
        (
            with(
                1,
                plugin,
                vec![(Some("linux/amd64"), manifest(1, 0)), (Some("linux/s390x"), manifest(1, 1))],
            ),
            "`ghcr.io/a/plugin:2`: it has 0 manifests for `linux/arm64`, expected one",
        ),
        (
            with(0, base, vec![(Some("linux/amd64"), manifest(0, 0)), (Some("linux/amd64"), manifest(0, 1))]),
            "`docker.io/a/base:1`: it has 2 manifests for `linux/amd64`, expected one",
        ),
        (with(1, plugin, vec![(None, two)]), "`ghcr.io/a/plugin:2`: it has 2 layers, expected one"),
        (
            with(1, plugin, vec![(None, large)]),
            "`ghcr.io/a/plugin:2`: its layer has 67108865 bytes, expected at most 67108864",
        ),
        (
            with(0, base, vec![(Some("linux/amd64"), odd.clone()), (Some("linux/arm64"), odd)]),
            "`docker.io/a/base:1`: its configuration does not name 2 layers, as its manifest does",
        ),
        (
            with(1, "ghcr.io/a/other:1", vec![(None, manifest(1, 0))]),
            "`ghcr.io/a/plugin:2`: it is not in the bundle",
        ),
    ] {
        assert_eq!(found, expected);
    }
}
