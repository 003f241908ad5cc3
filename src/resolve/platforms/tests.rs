use serde_json::{Value, json};

use super::*;
use crate::digest::Digest;
use crate::oci;
use crate::spec::{Policy, Signed};

fn item(kind: ItemKind) -> Item {
    let signed = Signed::Unsigned { reason: "a test".to_owned() };
    let policy = Policy { signed, attestations: Vec::new() };
    Item { reference: "docker.io/a/b:1".parse().unwrap(), kind, policy }
}

fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

/// Lists children by name: `os/architecture[/variant]`, `attests NAME`, `plain`, `index`.
fn child(name: &str) -> Value {
    let mut value = json!({"mediaType": oci::MANIFEST, "digest": digest(name), "size": 1});
    if let Some(attested) = name.strip_prefix("attests ") {
        value["platform"] = json!({"os": "unknown", "architecture": "unknown"});
        value["annotations"] = json!({ATTESTED: digest(attested)});
    } else if name == "index" {
        value["mediaType"] = oci::INDEX.into();
    } else if name != "plain" {
        let parts: Vec<_> = name.split('/').collect();
        value["platform"] = json!({"os": parts[0], "architecture": parts[1]});
        if let Some(variant) = parts.get(2) {
            value["platform"]["variant"] = (*variant).into();
        }
    }
    value
}

fn index(children: &[&str]) -> Manifest {
    let children: Vec<_> = children.iter().map(|name| child(name)).collect();
    let value = json!({
        "schemaVersion": 2, "mediaType": oci::INDEX, "manifests": children, "annotations": {"kept": "unchanged"},
    });
    Manifest::parse(value.to_string().into(), None).unwrap()
}

fn select_from(
    kind: ItemKind,
    listed: &[&str],
    targets: &[&str],
) -> Result<(Resolved, Vec<Descriptor>), ResolveError> {
    let top = index(listed);
    let targets: Vec<_> = targets.iter().map(|target| (*target).to_owned()).collect();
    select(&item(kind), &top, top.document.manifests.as_deref().unwrap(), &targets)
}

/// Listed children, targets, carried children, and the names of the platforms.
type Choice = [&'static [&'static str]; 4];

const CHOICES: [Choice; 8] = [
    [
        &["linux/amd64", "linux/arm64"],
        &["linux/amd64", "linux/arm64"],
        &["linux/amd64", "linux/arm64"],
        &["linux/amd64", "linux/arm64"],
    ],
    [
        &["linux/arm64", "linux/s390x", "linux/amd64"],
        &["linux/amd64", "linux/arm64"],
        &["linux/arm64", "linux/amd64"],
        &["linux/amd64", "linux/arm64"],
    ],
    [&["linux/amd64", "linux/arm64/v8"], &["linux/arm64"], &["linux/arm64/v8"], &["linux/arm64/v8"]],
    [&["linux/arm/v6", "linux/arm/v7"], &["linux/arm/v7"], &["linux/arm/v7"], &["linux/arm/v7"]],
    [&["linux/amd64", "linux/amd64/v3"], &["linux/amd64"], &["linux/amd64"], &["linux/amd64"]],
    [&["windows/amd64", "linux/amd64"], &["linux/amd64"], &["linux/amd64"], &["linux/amd64"]],
    [
        &["linux/amd64", "linux/arm64", "attests linux/amd64", "attests linux/arm64"],
        &["linux/arm64"],
        &["linux/arm64", "attests linux/arm64"],
        &["linux/arm64"],
    ],
    [&["linux/amd64", "linux/arm64", "plain"], &["linux/amd64"], &["linux/amd64", "plain"], &["linux/amd64"]],
];

#[test]
fn images_of_a_target_are_carried_with_their_attestations() {
    for [listed, targets, travels, platforms] in CHOICES {
        let (resolved, chosen) = select_from(ItemKind::Image, listed, targets).unwrap();
        let chosen: Vec<_> = chosen.iter().map(|child| child.digest).collect();
        let expected: Vec<_> = travels.iter().map(|name| digest(name)).collect();
        assert_eq!(
            (chosen, &resolved.platforms[..]),
            (expected, &platforms.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..]),
            "{listed:?}"
        );
        let subset = resolved.subset.map(|subset| subset.bytes);
        assert_eq!(subset, (travels.len() < listed.len()).then(|| index(travels).bytes), "{listed:?}");
    }
}

#[test]
fn a_missing_platform_is_named_beside_what_there_is() {
    let missing = |kind, listed: &[&str], targets: &[&str]| {
        select_from(kind, listed, targets).map(|(_, chosen)| chosen.len()).map_err(|error| error.to_string())
    };
    let (images, artifacts) = (ItemKind::Image, ItemKind::Artifact);
    for (kind, listed, targets, expected) in [
        (
            images,
            &["linux/amd64", "attests linux/amd64"][..],
            &["linux/amd64", "linux/arm64", "linux/arm/v7"][..],
            Err("`docker.io/a/b:1` has no image for linux/arm64, linux/arm/v7: it has linux/amd64"),
        ),
        (
            images,
            &["linux/arm/v6"],
            &["linux/arm/v7"],
            Err("`docker.io/a/b:1` has no image for linux/arm/v7: it has linux/arm/v6"),
        ),
        (
            artifacts,
            &["linux/amd64"],
            &["linux/arm64"],
            Err("`docker.io/a/b:1` has no image for linux/arm64: it has linux/amd64"),
        ),
        (
            images,
            &["plain"],
            &["linux/amd64"],
            Err("`docker.io/a/b:1` has no image for linux/amd64: it has no platform"),
        ),
        (artifacts, &["plain"], &["linux/amd64"], Ok(1)),
    ] {
        assert_eq!(missing(kind, listed, targets), expected.map_err(str::to_owned), "{listed:?}");
    }
}

#[test]
fn an_index_within_an_index_is_refused() {
    let error = select_from(ItemKind::Image, &["linux/amd64", "index"], &["linux/amd64"]).unwrap_err();
    let expected = format!(
        "`docker.io/a/b:1`: its index holds another index (`{}`), which is not carried",
        digest("index")
    );
    assert_eq!((error.to_string(), error.is_refusal()), (expected, true));
}

fn single(config: &str) -> Result<Vec<String>, String> {
    let manifest = json!({
        "schemaVersion": 2, "mediaType": oci::MANIFEST, "layers": [],
        "config": Descriptor::of(oci::IMAGE_CONFIG, config.as_bytes()),
    });
    let top = Manifest::parse(manifest.to_string().into(), None).unwrap();
    let mut resolved = Resolved::of(&item(ItemKind::Image), top);
    resolved.configs.insert(digest(config), config.to_owned().into());
    let targets = ["linux/arm64".to_owned()];
    of_single(&item(ItemKind::Image), &resolved, &targets).map_err(|error| error.to_string())
}

#[test]
fn an_image_without_an_index_is_for_the_platform_of_its_configuration() {
    for (config, expected) in [
        (r#"{"os":"linux","architecture":"arm64"}"#, Ok(vec!["linux/arm64".to_owned()])),
        (r#"{"os":"linux","architecture":"arm64","variant":"v8"}"#, Ok(vec!["linux/arm64/v8".to_owned()])),
        (
            r#"{"os":"linux","architecture":"amd64"}"#,
            Err("`docker.io/a/b:1` has no image for linux/arm64: it has linux/amd64"),
        ),
        ("{}", Err("`docker.io/a/b:1`: its configuration names no platform")),
    ] {
        assert_eq!(single(config), expected.map_err(str::to_owned), "{config}");
    }
}
