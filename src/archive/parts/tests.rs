use std::collections::BTreeMap;
use std::fs;

use super::super::fixture::Fixture;
use super::super::{Layout, UnverifiedArchive, Writer};
use super::*;
use crate::report::Silent;
use crate::store::BlobSource as _;

/// A bundle in one piece, and the name of the same in parts.
struct Split {
    fixture: Fixture,
    whole: Vec<u8>,
    output: PathBuf,
}

impl Split {
    fn new() -> Self {
        let fixture = Fixture::new();
        let whole = fs::read(fixture.write()).unwrap();
        let output = fixture.folder.path().join("split.tar");
        Self { fixture, whole, output }
    }

    fn write(&self, size: u64) {
        self.fixture.write_to(&self.output, Some(size));
    }

    /// Returns every file of the parts, by name.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(self.fixture.folder.path()).unwrap().map(Result::unwrap);
        let files =
            entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()));
        files.filter(|(name, _)| name.contains("split.tar")).collect()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.fixture.folder.path()).unwrap().map(Result::unwrap);
        entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    fn part(&self, number: u64) -> PathBuf {
        part_path(&self.output, number)
    }

    /// Opens the parts, reads all of them, and returns what is wrong, without the folder.
    fn refused(&self, path: &Path) -> (String, Option<String>) {
        let opened = UnverifiedArchive::open(path).and_then(UnverifiedArchive::insecure_trust_unsigned);
        let error = opened.and_then(|archive| archive.check(&Silent)).unwrap_err();
        let folder = format!("{}/", self.fixture.folder.path().display());
        (error.to_string().replace(&folder, ""), error.hint().map(|hint| hint.replace(&folder, "")))
    }
}

#[test]
fn parts_one_after_the_other_are_the_file_and_are_read_like_it() {
    let split = Split::new();
    let length = split.whole.len() as u64;
    for size in [length.div_ceil(MAX_PARTS), 1000, 4096, length / 2, length - 1, length, 10 * length] {
        split.write(size);
        let files = split.files();
        assert_eq!(files.len() as u64, length.div_ceil(size));
        assert!(files.values().flatten().eq(&split.whole), "{size}");
        let archive = UnverifiedArchive::open(&split.part(1)).unwrap().insecure_trust_unsigned().unwrap();
        archive.check(&Silent).unwrap();
        for digest in archive.tables().layout.blobs().map(|(digest, _)| *digest).collect::<Vec<_>>() {
            let mut bytes = vec![0; usize::try_from(archive.size(&digest).unwrap()).unwrap()];
            archive.read_exact_at(&digest, 0, &mut bytes).unwrap();
            assert_eq!(crate::digest::Digest::of(&bytes), digest);
        }
    }
}

#[test]
fn a_bundle_in_fewer_parts_leaves_none_of_the_older_one() {
    let split = Split::new();
    split.write(1000);
    fs::write(split.output.with_extension("tar.txt"), "mine").unwrap();
    split.write(split.whole.len() as u64 - 1);
    let names: Vec<_> = split.files().into_keys().collect();
    assert_eq!(names, ["split.tar.001", "split.tar.002", "split.tar.txt"]);
}

#[test]
fn what_is_not_finished_leaves_nothing_and_what_was_there_stays() {
    let split = Split::new();
    split.write(4096);
    let before = split.files();
    let layout = Layout::new(10, &[]);
    drop(Writer::create(&split.output, layout, b"0123456789", Some(20_000)).unwrap());
    assert!(split.files() == before);
    // The second part cannot be made: a folder is in its place.
    let second = fs::read(split.part(2)).unwrap();
    fs::remove_file(split.part(2)).unwrap();
    fs::create_dir(split.part(2)).unwrap();
    let refused =
        Writer::create(&split.output, Layout::new(10, &[]), b"0123456789", Some(20_000)).unwrap_err();
    assert!(refused.to_string().contains("split.tar.002`: it is a folder"), "{refused}");
    fs::remove_dir(split.part(2)).unwrap();
    fs::write(split.part(2), second).unwrap();
    assert!(split.files() == before);
}

#[test]
fn parts_that_cannot_get_their_names_are_not_lost() {
    let split = Split::new();
    split.write(4096);
    let writer = Writer::create(&split.output, Layout::new(10, &[]), b"0123456789", Some(40_000)).unwrap();
    fs::remove_file(split.part(2)).unwrap();
    fs::create_dir(split.part(2)).unwrap();
    let slot = vec![b' '; usize::try_from(super::super::SIGNATURE_SLOT).unwrap()];
    assert!(writer.finish(&slot).is_err());
    assert!(!split.part(1).exists(), "parts of two bundles are never taken for one");
    for number in [1, 2] {
        let beginning = format!(".split.tar.{number:03}.");
        let kept = |name: &String| name.starts_with(&beginning) && name.ends_with(".partial");
        assert!(split.names().iter().any(kept), "{:?}", split.names());
    }
}

#[test]
fn a_part_that_is_missing_or_of_another_size_is_named() {
    let split = Split::new();
    let length = split.whole.len() as u64;
    let size = length / 4 - 100;
    let cases: [(&dyn Fn(), String); 5] = [
        (
            &|| fs::remove_file(split.part(5)).unwrap(),
            format!(
                "part `split.tar.005` is missing: the parts found hold only the first {} bytes",
                4 * size
            ),
        ),
        (
            &|| fs::remove_file(split.part(3)).unwrap(),
            format!(
                "part `split.tar.003` is missing: the parts found hold only the first {} bytes",
                2 * size
            ),
        ),
        (
            &|| fs::write(split.part(3), b"short").unwrap(),
            format!(
                "part `split.tar.003` has 5 bytes, the first one {size}: all have the same size, but for the last one, which may have less"
            ),
        ),
        (
            &|| fs::write(split.part(5), vec![0; size as usize + 1]).unwrap(),
            format!(
                "part `split.tar.005` has {} bytes, the first one {size}: all have the same size, but for the last one, which may have less",
                size + 1
            ),
        ),
        (
            &|| fs::write(split.part(6), b"").unwrap(),
            format!(
                "part `split.tar.005` has {} bytes, the first one {size}: all have the same size, but for the last one, which may have less",
                length - 4 * size
            ),
        ),
    ];
    for (change, expected) in cases {
        split.write(size);
        change();
        assert_eq!(split.refused(&split.part(1)).0, expected);
        if split.part(6).exists() {
            fs::remove_file(split.part(6)).unwrap();
        }
    }
}

#[test]
fn parts_that_are_exchanged_are_refused() {
    let split = Split::new();
    split.write(split.whole.len() as u64 / 4);
    let (second, third) = (fs::read(split.part(2)).unwrap(), fs::read(split.part(3)).unwrap());
    fs::write(split.part(2), third).unwrap();
    fs::write(split.part(3), second).unwrap();
    let (said, _) = split.refused(&split.part(1));
    assert!(said.contains("altered"), "{said}");
}

#[test]
fn another_name_than_the_first_parts_is_refused_with_its_name() {
    let split = Split::new();
    split.write(split.whole.len() as u64 / 2);
    for name in [split.output.clone(), split.part(2)] {
        let (said, hint) = split.refused(&name);
        assert_eq!(
            said,
            format!("`{}` is not the first part of a split bundle", name.file_name().unwrap().display())
        );
        assert_eq!(hint.as_deref(), Some("name the first of them: `split.tar.001`"));
    }
}

#[test]
fn more_parts_than_can_be_opened_are_not_begun() {
    let split = Split::new();
    let length = Layout::new(10, &[]).length();
    let refused = Writer::create(&split.output, Layout::new(10, &[]), b"0123456789", Some(100)).unwrap_err();
    assert_eq!(refused.to_string(), format!("{} parts are more than the limit of 200", length.div_ceil(100)));
    let least = length.div_ceil(MAX_PARTS);
    assert_eq!(refused.hint(), Some(format!("make them larger: `--split {least}` or more bytes")));
    assert_eq!(split.files().len(), 0);
    drop(Writer::create(&split.output, Layout::new(10, &[]), b"0123456789", Some(least)).unwrap());
}

#[test]
fn signatures_are_written_over_the_ends_of_parts() {
    let split = Split::new();
    split.write(20_000);
    let slot = |letter| vec![letter; usize::try_from(super::super::SIGNATURE_SLOT).unwrap()];
    let archive = UnverifiedArchive::open(&split.part(1)).unwrap();
    archive.write_slots(&[slot(b'1'), slot(b'2')]).unwrap();
    let again = UnverifiedArchive::open(&split.part(1)).unwrap();
    assert_eq!((&again.slots()[0].1, &again.slots()[1].1), (&slot(b'1'), &slot(b'2')));
    let copy = split.output.with_extension("copy");
    fs::copy(split.part(2), &copy).unwrap();
    fs::rename(&copy, split.part(2)).unwrap();
    let replaced = again.write_slots(&[slot(b' ')]).unwrap_err().to_string();
    assert!(replaced.ends_with("split.tar.002` is another file than the one that was read"), "{replaced}");
}
