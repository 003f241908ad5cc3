//! What comes is not what was promised: it is refused, and nothing of it stays.

use bundle_testing::internet::{Answer, Fault};
use bundle_testing::tiny::{ARTIFACT, IMAGE, Tiny};

#[test]
fn a_manifest_that_is_none_is_refused() {
    let tiny = Tiny::new();
    tiny.fault("manifests/5.1.0", Answer::Altered);
    insta::assert_snapshot!(tiny.fails(1, tiny.lock()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: not a manifest: expected value at line 1 column 1

        hint: that is not what a registry sends: ask upstream's registry directly, and do not use this content
        ");
}

#[test]
fn an_altered_manifest_below_an_index_is_refused() {
    let tiny = Tiny::new();
    let child = tiny.manifest(IMAGE).document.manifests.expect("an index")[0].digest;
    tiny.front("docker.io").fault(Fault::reading(child, Answer::Altered));
    insta::assert_snapshot!(tiny.fails(1, tiny.lock()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `docker.io/falcosecurity/falco:0.44.1`: `docker.io/falcosecurity/falco@[digest 1]`: expected digest `[digest 1]`, found `[digest 2]`

        hint: the registry or something before it altered the content: ask upstream's registry directly, and do not use this content
        ");
}

#[test]
fn a_manifest_other_than_the_locked_one_is_refused() {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.lock()).ok();
    tiny.fault(tiny.manifest(ARTIFACT).descriptor.digest, Answer::Altered);
    insta::assert_snapshot!(tiny.fails(1, tiny.build()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `ghcr.io/falcosecurity/rules/falco-rules@[digest 1]`: expected digest `[digest 1]`, found `[digest 2]`

        hint: the registry or something before it altered the content: ask upstream's registry directly, and do not use this content
        ");
}

#[test]
fn an_altered_blob_is_refused() {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.lock()).ok();
    tiny.fault(tiny.manifest(ARTIFACT).document.layers[0].digest, Answer::Altered);
    insta::assert_snapshot!(tiny.fails(1, tiny.build()), @r"
        verified 2 images and artifacts, 0 files
        error: `ghcr.io/falcosecurity/rules/falco-rules@[digest 1]`: expected digest `[digest 1]`, found `[digest 2]`

        hint: the registry or something before it altered the content: ask upstream's registry directly, and do not use this content
        ");
}

#[test]
fn an_altered_configuration_is_refused() {
    let tiny = Tiny::new();
    let config = tiny.manifest(ARTIFACT).document.config.expect("a configuration");
    tiny.fault(config.digest, Answer::Altered);
    insta::assert_snapshot!(tiny.fails(1, tiny.lock()), @r"
        error: 1 of the bundle's entries could not be resolved or verified
          - failed to resolve `ghcr.io/falcosecurity/rules/falco-rules:5.1.0`: `ghcr.io/falcosecurity/rules/falco-rules@[digest 1]`: expected digest `[digest 1]`, found `[digest 2]`

        hint: the registry or something before it altered the content: ask upstream's registry directly, and do not use this content
        ");
}

/// Publishes the artifact again, with another size of its one layer.
fn promise(tiny: &Tiny, change: impl Fn(u64) -> u64) {
    let manifest = tiny.manifest(ARTIFACT);
    let mut value: serde_json::Value = serde_json::from_slice(&manifest.bytes).expect("JSON");
    let size = value["layers"][0]["size"].as_u64().expect("a size");
    value["layers"][0]["size"] = change(size).into();
    let bytes = value.to_string().into();
    let repository = tiny.artifacts();
    let put = repository.put_manifest("5.1.0", &manifest.descriptor.media_type, bytes);
    tiny.stack.block_on(put).expect("it is taken");
}

#[test]
fn a_blob_of_another_size_than_promised_is_refused() {
    let tiny = Tiny::new();
    let size = tiny.manifest(ARTIFACT).document.layers[0].size;
    let said = |text: String| {
        text.replace(&size.to_string(), "[size]")
            .replace(&(size + 1).to_string(), "[size + 1]")
            .replace(&(size - 1).to_string(), "[size - 1]")
    };
    promise(&tiny, |size| size + 1);
    insta::assert_snapshot!(said(tiny.fails(1, tiny.build())), @r"
        verified 2 images and artifacts, 0 files
        error: `ghcr.io/falcosecurity/rules/falco-rules@[digest 1]`: expected [size + 1] bytes, found [size]

        hint: the registry or something before it altered the content: ask upstream's registry directly, and do not use this content
        ");
    promise(&tiny, |size| size - 2);
    insta::assert_snapshot!(said(tiny.fails(1, tiny.build())), @r"
        verified 2 images and artifacts, 0 files
        error: `ghcr.io/falcosecurity/rules/falco-rules@[digest 1]`: expected [size - 1] bytes, found [size]

        hint: the registry or something before it altered the content: ask upstream's registry directly, and do not use this content
        ");
}
