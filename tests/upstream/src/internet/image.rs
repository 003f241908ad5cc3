//! Makes an image as upstream publishes it: index, manifests, configurations, attestations.

use std::io;

use serde_json::{Map, Value, json};

use airgap_bundle::oci::{self, Descriptor, Platform};
use airgap_bundle::reference::ImageRef;

use super::attestation;
use super::layer::{Blob, Content, Entry, Layer};
use super::publication::{Document, Publication, descriptor, index};
use super::table::{Format, ImageRow, platform};

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The programs that go into images; they run on this machine's processor only.
#[derive(Debug, Clone, Default)]
pub struct Programs {
    /// Upstream's own program, for the image that is made.
    pub real: Option<Content>,
    /// What runs in place of what could not be had.
    pub standin: Option<Content>,
    /// Debian's static BusyBox, in place of Alpine's.
    pub busybox: Option<Content>,
}

/// What an image's program is on one platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Real,
    Standin,
    /// A text that says so.
    Nothing,
}

/// Makes an image.
///
/// # Errors
/// When a program cannot be read or a temporary file cannot be written.
pub fn publication(reference: &ImageRef, row: &ImageRow, programs: &Programs) -> io::Result<Publication> {
    let tag = reference.tag().unwrap_or_default();
    let (mut blobs, mut children, mut listed) = (Vec::new(), Vec::new(), Vec::new());
    for platform in row.platforms.iter().map(|name| platform(name)) {
        let layers = layers(row, tag, &platform, programs)?;
        let config = Blob::of(config(row, tag, &platform, programs, &layers).to_string());
        let manifest = manifest(row.format, &config, &layers);
        listed.push(manifest.on(&platform));
        children.push(manifest);
        blobs.extend(layers.into_iter().map(|layer| layer.blob).chain([config]));
    }
    if let Some(attestations) = &row.attestations {
        for subject in listed.clone() {
            let (attested, document) = attestation::of(reference, &subject, attestations);
            listed.push(attestation::listed(&document, &subject));
            blobs.extend(attested);
            children.push(document);
        }
    }
    let top = index(media_types(row.format).0, listed, Value::Null);
    Ok(Publication { blobs, children, top, tags: vec![tag.to_owned()] })
}

/// Returns the media types of index, manifest, configuration and layer.
fn media_types(format: Format) -> (&'static str, &'static str, &'static str, &'static str) {
    match format {
        Format::Oci => {
            (oci::INDEX, oci::MANIFEST, oci::IMAGE_CONFIG, "application/vnd.oci.image.layer.v1.tar+gzip")
        }
        // See: distribution docs/spec/manifest-v2-2.md
        Format::Docker => (
            oci::DOCKER_INDEX,
            oci::DOCKER_MANIFEST,
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
        ),
    }
}

fn manifest(format: Format, config: &Blob, layers: &[Layer]) -> Document {
    let (_, manifest, config_type, layer_type) = media_types(format);
    let layers: Vec<Descriptor> = layers.iter().map(|layer| descriptor(layer_type, &layer.blob)).collect();
    Document::manifest(manifest, json!({"config": descriptor(config_type, config), "layers": layers}))
}

fn holds(platform: &Platform, programs: &Programs) -> Holds {
    match (platform.name() == super::this_platform(), programs) {
        (true, Programs { real: Some(_), .. }) => Holds::Real,
        (true, Programs { standin: Some(_), .. }) => Holds::Standin,
        _ => Holds::Nothing,
    }
}

/// Returns the layers: one that all images share, and one with the program.
fn layers(row: &ImageRow, tag: &str, platform: &Platform, programs: &Programs) -> io::Result<Vec<Layer>> {
    let mut base = vec![
        Entry::Folder("etc/", 0o755),
        Entry::text("etc/group", "root:x:0:\nnonroot:x:65532:\n".to_owned()),
        Entry::text("etc/passwd", "root:x:0:0::/root:/\nnonroot:x:65532:65532::/home/nonroot:/\n".to_owned()),
        Entry::Folder("tmp/", 0o1777),
    ];
    if let Some(busybox) = &programs.busybox
        && holds(platform, programs) != Holds::Nothing
    {
        base.push(Entry::Folder("bin/", 0o755));
        base.push(Entry::File("bin/busybox".to_owned(), 0o755, busybox.clone()));
        base.extend(
            ["bin/nc", "bin/sh", "bin/true"].map(|name| Entry::Link(name.to_owned(), "/bin/busybox")),
        );
    }
    let path = row.program.trim_start_matches('/').to_owned();
    let own = match (holds(platform, programs), programs) {
        (Holds::Real, Programs { real: Some(program), .. }) => Entry::File(path, 0o755, program.clone()),
        (Holds::Standin, Programs { standin: Some(program), .. }) => {
            base.push(Entry::File("standin".to_owned(), 0o755, program.clone()));
            Entry::Link(path, "/standin")
        }
        _ => Entry::text("STAND-IN.txt", format!("{}\n", nothing(row, tag, platform))),
    };
    Ok(vec![Layer::pack(&base)?, Layer::pack(&[own])?])
}

fn nothing(row: &ImageRow, tag: &str, platform: &Platform) -> String {
    format!("stand-in for {} {tag} on {}: it holds no program and cannot run", row.is, platform.name())
}

fn config(row: &ImageRow, tag: &str, platform: &Platform, programs: &Programs, layers: &[Layer]) -> Value {
    let holds = holds(platform, programs);
    let mut environment = vec![PATH.to_owned()];
    environment.extend(row.environment.iter().cloned());
    if holds == Holds::Standin {
        let ports: Vec<_> = row.ports.iter().map(u16::to_string).collect();
        environment.push(format!("STANDIN_FOR={} {tag}", row.is));
        environment.push(format!("STANDIN_PORTS={}", ports.join(",")));
    }
    let label = match holds {
        Holds::Real => format!("the real {} {tag}, in an image made for tests", row.is),
        Holds::Standin => format!("stand-in for {} {tag}", row.is),
        Holds::Nothing => nothing(row, tag, platform),
    };
    let exposed: Map<_, _> = row.ports.iter().map(|port| (format!("{port}/tcp"), json!({}))).collect();
    let run = [
        ("User", json!(row.user)),
        ("ExposedPorts", json!(exposed)),
        ("Env", json!(environment)),
        ("Entrypoint", json!(row.entrypoint)),
        ("Cmd", json!(row.command)),
        ("WorkingDir", json!(row.folder)),
        ("Labels", json!({"airgap-bundle.upstream": label})),
    ];
    let run: Map<_, _> = run
        .into_iter()
        .filter(|(_, value)| !matches!(value.to_string().as_str(), "\"\"" | "[]" | "{}"))
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let inner: Vec<_> = layers.iter().map(|layer| layer.inner).collect();
    let mut value = serde_json::to_value(platform).unwrap_or_default();
    value["config"] = Value::Object(run);
    value["rootfs"] = json!({"type": "layers", "diff_ids": inner});
    value
}
