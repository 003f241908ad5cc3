use std::os::unix::fs::FileExt;

use super::super::fixture::{Fixture, Part, manifest};
use super::super::{FILE_TYPE, LARGE_FILE_TYPE, Role};
use super::*;
use crate::oci;
use crate::oci::Descriptor;
use crate::report::Silent;

#[test]
fn the_bytes_of_a_bundle_of_version_1_stay_what_they_are() {
    let fixture = Fixture::new();
    assert_eq!(
        Digest::of(&std::fs::read(fixture.write()).unwrap()).to_string(),
        "sha256:3a8da52ad14c8ea3c3981ba52d2a44e4f099e1c15967c033481106b758b3ed3c"
    );
    let archive = fixture.open().unwrap();
    assert_eq!(archive.payload().unwrap()["bundle.yaml"], b"kind: Bundle\n");
    archive.check(&Silent).unwrap();
}

#[test]
fn documents_that_are_not_as_they_must_be_are_refused() {
    let entry = Fixture::new().entries[0].descriptor.digest;
    let of_entry = |text: &str| format!("index entry `{entry}`: {text}");
    let role = ("\"local.bundle.role\":\"image\"", "\"local.bundle.role\":\"ghost\"");
    for (part, (from, to), expected) in [
        (Part::Index, ("vnd.airgap-bundle.v1", "vnd.airgap-bundle.v2"), "`index.json`: its first entry is not a `application/vnd.airgap-bundle.v1`".to_owned()),
        (Part::Index, role, of_entry("no known role in `local.bundle.role`")),
        (Part::Index, ("\"docker.io/a/b\"", "\"a/b\""), of_entry("`a/b` is not a full repository name")),
        (Part::Index, ("\"docker.io/a/b\"", "\"docker.io/a/../b\""), of_entry("`docker.io/a/../b:1` is not an image reference: invalid reference format")),
        (Part::Manifest, (FILE_TYPE, "text/plain"), format!("the bundle's manifest: file `bundle.yaml` has media type `text/plain`, expected `{FILE_TYPE}` or `{LARGE_FILE_TYPE}`")),
        (Part::Manifest, ("\"13\"", "\"many\""), "the bundle's manifest: file `bundle.yaml` has no size".to_owned()),
        (Part::Contents, ("\"formatVersion\":1", "\"formatVersion\":2"), "the table of contents: format version 2, this program reads 1".to_owned()),
        (Part::Contents, ("\"formatVersion\":1,", ""), "the table of contents: missing field `formatVersion` at line 1 column 384".to_owned()),
        (Part::Contents, ("\"name\"", "\"colour\":1,\"name\""), "the table of contents: unknown field `colour`, expected one of `formatVersion`, `name`, `version`, `targets`, `blobs` at line 1 column 27".to_owned()),
    ] {
        assert_eq!(Fixture::new().replace(part, from, to).refused(), expected);
    }
}

#[test]
fn a_file_that_is_there_twice_is_refused() {
    let mut fixture = Fixture::new();
    fixture.files.push(fixture.files[0].clone());
    assert_eq!(fixture.refused(), "the bundle's manifest: file `bundle.yaml` is there twice");
}

#[test]
fn a_blob_that_is_listed_twice_is_refused() {
    let mut fixture = Fixture::new();
    fixture.blobs.push(fixture.blobs[3].clone());
    assert_eq!(fixture.refused(), "the table of contents: a blob is listed twice");
}

#[test]
fn a_blob_that_is_named_and_missing_is_refused() {
    let mut fixture = Fixture::new();
    let layer = Digest::of(&fixture.blobs.remove(3));
    assert_eq!(fixture.refused(), format!("`{layer}`, which `docker.io/a/b:1` names, is not in the bundle"));
}

#[test]
fn a_blob_that_nothing_names_is_refused() {
    let mut fixture = Fixture::new();
    fixture.blobs.push(b"more".to_vec());
    let more = Digest::of(b"more");
    assert_eq!(fixture.refused(), format!("the bundle holds `{more}`, which nothing in it names"));
}

/// Puts another manifest in the place of the image's.
fn with_manifest(text: String, media_type: &str) -> Fixture {
    let mut fixture = Fixture::new();
    fixture.entries[0].descriptor = Descriptor::of(media_type, text.as_bytes());
    fixture.blobs[0] = text.into_bytes();
    fixture
}

#[test]
fn a_manifest_that_says_another_size_is_refused() {
    let text = manifest(b"{}", b"layer").replace("\"size\":5", "\"size\":6");
    let expected =
        format!("blob `{}`: `docker.io/a/b:1` says 6 bytes, the table of contents 5", Digest::of(b"layer"));
    assert_eq!(with_manifest(text, oci::MANIFEST).refused(), expected);
}

#[test]
fn a_manifest_of_another_kind_than_named_is_refused() {
    let text = manifest(b"{}", b"layer");
    let digest = Digest::of(text.as_bytes());
    let of = |media_type: &str| with_manifest(text.clone(), media_type).refused();
    assert_eq!(of("text/plain"), format!("manifest `{digest}`: unknown media type `text/plain`"));
    assert_eq!(
        of(oci::DOCKER_MANIFEST),
        format!("manifest `{digest}`: media type `{}`, expected `{}`", oci::MANIFEST, oci::DOCKER_MANIFEST)
    );
}

fn index_of(child: &[u8], media_type: &str) -> String {
    serde_json::json!({
        "schemaVersion": 2, "mediaType": oci::INDEX, "manifests": [Descriptor::of(media_type, child)],
    })
    .to_string()
}

#[test]
fn an_index_within_an_index_is_refused() {
    let image = manifest(b"{}", b"layer");
    let inner = index_of(image.as_bytes(), oci::MANIFEST);
    let mut fixture = with_manifest(index_of(inner.as_bytes(), oci::INDEX), oci::INDEX);
    fixture.blobs.extend([image.into_bytes(), inner.clone().into_bytes()]);
    let inner = Digest::of(inner.as_bytes());
    assert_eq!(fixture.refused(), format!("manifest `{inner}`: an index within an index is not carried"));
}

#[test]
fn only_an_original_index_may_lack_what_it_names() {
    let image = manifest(b"{}", b"layer");
    let mut fixture = with_manifest(index_of(image.as_bytes(), oci::MANIFEST), oci::INDEX);
    let expected =
        format!("`{}`, which `docker.io/a/b:1` names, is not in the bundle", Digest::of(image.as_bytes()));
    fixture.blobs.retain(|blob| ![&b"{}"[..], b"layer"].contains(&blob.as_slice()));
    assert_eq!(fixture.refused(), expected);
    fixture.entries[0].role = Role::Original;
    fixture.open().unwrap();
}

#[test]
fn a_file_that_decompresses_to_another_size_is_refused() {
    let mut fixture = Fixture::new();
    for size in [0, 12, 14] {
        fixture.files[0].size = size;
        let expected = format!("file `bundle.yaml`: expected {size} bytes, found another number");
        assert_eq!(fixture.refused(), expected);
    }
    fixture.files[0].size = MAX_PAYLOAD_BYTES + 1;
    assert_eq!(fixture.refused(), "file `bundle.yaml` has 67108865 bytes, more than the limit of 67108864");
}

/// Puts a large file beside the other one.
fn with_large_file() -> Fixture {
    let (mut fixture, program) = (Fixture::new(), b"a program".to_vec());
    fixture.files.push(PayloadFile::large("files/program".to_owned(), Digest::of(&program), 9));
    fixture.blobs.push(program);
    fixture
}

#[test]
fn a_large_file_is_an_unchanged_blob_and_not_held_in_memory() {
    let archive = with_large_file().open().unwrap();
    assert_eq!(archive.payload().unwrap().keys().collect::<Vec<_>>(), ["bundle.yaml"]);
    assert_eq!(archive.file("files/program").unwrap(), None);
    let large: Vec<_> = archive.large_files().collect();
    assert_eq!((large.len(), large[0].path.as_str(), large[0].size), (1, "files/program", 9));
    let mut bytes = Vec::new();
    let mut take = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    archive.blob_to(&large[0].descriptor.digest, &mut take).unwrap();
    assert_eq!(bytes, b"a program");
    archive.check(&Silent).unwrap();
}

#[test]
fn a_large_file_of_another_size_is_refused() {
    let mut fixture = with_large_file();
    fixture.files[1].size = 10;
    let expected =
        "the bundle's manifest: large file `files/program` says 10 bytes, and its blob has 9".to_owned();
    assert_eq!(fixture.refused(), expected);
    let digest = Digest::of(b"a program");
    fixture.files[1] = PayloadFile::large("files/program".to_owned(), digest, 10);
    let expected = format!("blob `{digest}`: `files/program` says 10 bytes, the table of contents 9");
    assert_eq!(fixture.refused(), expected);
    fixture.blobs.pop();
    assert_eq!(fixture.refused(), format!("`{digest}`, which `files/program` names, is not in the bundle"));
}

#[test]
fn a_file_that_is_not_compressed_is_refused() {
    let mut fixture = Fixture::new();
    fixture.blobs[2] = b"kind: Bundle\n".to_vec();
    fixture.files[0].descriptor = Descriptor::of(FILE_TYPE, &fixture.blobs[2]);
    assert_eq!(fixture.refused(), "file `bundle.yaml`: Unknown frame descriptor");
}

#[test]
fn sizes_that_add_up_to_more_than_the_file_are_refused() {
    let layer = Digest::of(b"layer");
    for (size, total) in [("99999999", 100_001_385), ("18446744073709551615", u64::MAX)] {
        let to = format!("[\"{layer}\",{size}]");
        let fixture = Fixture::new().replace(Part::Contents, &format!("[\"{layer}\",5]"), &to);
        let length = std::fs::metadata(fixture.write()).unwrap().len();
        let expected = format!(
            "the file has {length} bytes, its contents take {total}: it is truncated or something was added"
        );
        assert_eq!(fixture.refused(), expected);
    }
}

#[test]
fn a_member_of_another_kind_name_or_owner_is_refused() {
    let fixture = Fixture::new();
    let path = fixture.write();
    let archive = fixture.open().unwrap();
    let member = archive.tables().layout.members()[6].clone();
    let good = member.header_bytes().unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    let changes: [fn(&mut tar::Header); 4] = [
        |header| header.set_entry_type(tar::EntryType::Symlink),
        |header| header.set_uid(1000),
        |header| {
            header.set_path("blobs/sha256/../../escape").unwrap_or_else(|_| header.as_mut_bytes()[0] = b'/')
        },
        |header| header.set_size(0),
    ];
    for change in changes {
        let mut header = tar::Header::from_byte_slice(&good).clone();
        change(&mut header);
        header.set_cksum();
        file.write_all_at(header.as_bytes(), member.header).unwrap();
        let error = archive.check(&Silent).unwrap_err();
        let expected = format!(
            "not a bundle, or an altered one: expected member `{}` at byte {}",
            member.name, member.header
        );
        assert_eq!(error.to_string(), expected);
    }
    file.write_all_at(&good, member.header).unwrap();
    archive.check(&Silent).unwrap();
}
