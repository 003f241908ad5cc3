//! Outputs are looked at before any work, and are whole or not there.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode as Bits, SFlag, makedev, mknod};
use nix::unistd::{Uid, mkfifo};
use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn refusal(place: Result<Place, OutputError>) -> String {
    place.expect_err("it is refused").to_string()
}

#[test]
fn a_named_pipe_and_a_socket_are_refused_and_stay() {
    let folder = folder();
    let (pipe, socket) = (folder.path().join("pipe"), folder.path().join("socket"));
    mkfifo(&pipe, Bits::S_IRUSR | Bits::S_IWUSR).expect("a pipe");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    for (path, kind) in [(&pipe, "a named pipe"), (&socket, "a socket")] {
        let expected =
            format!("cannot write `{}`: it is {kind}, expected a regular file or a new name", path.display());
        assert_eq!(refusal(Place::file(path)), expected);
        let link = folder.path().join("link");
        symlink(path, &link).expect("a link");
        assert!(refusal(Place::file(&link)).contains(kind), "a link to it counts as it");
        fs::remove_file(link).expect("removed");
    }
    let kind = |path: &Path| fs::symlink_metadata(path).expect("it is there").file_type();
    assert!(kind(&pipe).is_fifo() && kind(&socket).is_socket());
    assert_eq!(names(folder.path()), ["pipe", "socket"]);
}

#[test]
fn a_device_is_refused_and_stays() {
    let folder = folder();
    let device = folder.path().join("null");
    if !Uid::effective().is_root() {
        // Only root makes a device; of this one nothing but the kind is read.
        let kind = fs::metadata("/dev/null").expect("Linux has it").file_type();
        assert_eq!(kind::special(kind), Some("a character device"));
        return;
    }
    mknod(&device, SFlag::S_IFCHR, Bits::S_IRUSR | Bits::S_IWUSR, makedev(1, 3)).expect("a device");
    assert!(refusal(Place::file(&device)).contains("it is a character device"));
    let parts = Place::parts(&folder.path().join("b"), "n", 1..=3, |_, _| device.clone());
    assert!(refusal(parts).contains("it is a character device"));
    assert!(fs::symlink_metadata(&device).expect("it is there").file_type().is_char_device());
}

#[test]
fn a_link_stays_and_its_target_is_replaced() {
    let folder = folder();
    fs::create_dir(folder.path().join("disk")).expect("a folder");
    let (target, link) = (folder.path().join("disk/current"), folder.path().join("link"));
    symlink("disk/current", &link).expect("a link");
    for content in ["new", "newer"] {
        replace(&Place::file(&link).expect("a place"), content.as_bytes()).expect("written");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(fs::read_to_string(&target).expect("the target"), content);
    }
    assert_eq!(names(&folder.path().join("disk")), ["current"]);
    symlink("round", folder.path().join("round")).expect("a link");
    assert!(refusal(Place::file(&folder.path().join("round"))).starts_with("failed to write"));
}

#[test]
fn links_that_wait_beside_the_output_are_not_followed() {
    let folder = folder();
    let (mine, output) = (folder.path().join("mine"), folder.path().join("b.tar"));
    fs::write(&mine, "mine").expect("written");
    for name in ["b.tar.partial", ".b.tar.partial", "b.tar.new"] {
        symlink(&mine, folder.path().join(name)).expect("a link");
    }
    replace(&Place::file(&output).expect("a place"), b"new").expect("written");
    assert_eq!(fs::read_to_string(&mine).expect("it"), "mine");
    assert_eq!(fs::read_to_string(&output).expect("it"), "new");
}

#[test]
fn a_folder_stands_for_the_default_name_in_it() {
    let folder = folder();
    let place = Place::file_or_in_folder(folder.path(), "b.tar").expect("a place");
    assert_eq!(place.path(), folder.path().join("b.tar"));
    assert!(refusal(Place::file(folder.path())).contains("it is a folder"));
    fs::create_dir(folder.path().join("b.tar")).expect("a folder");
    assert!(refusal(Place::file_or_in_folder(folder.path(), "b.tar")).contains("b.tar`: it is a folder"));
}

#[test]
fn a_folder_that_does_not_exist_is_named_with_a_way_to_make_it() {
    let folder = folder();
    let missing = folder.path().join("no");
    for named in [missing.join("b.tar"), PathBuf::from(format!("{}/", missing.display()))] {
        let error = Place::file(&named).expect_err("it is refused");
        let expected =
            format!("cannot write `{}`: the folder `{}` does not exist", named.display(), missing.display());
        assert_eq!(error.to_string().replace("no/` does", "no` does"), expected);
        assert!(error.hint().expect("a hint").starts_with("make it with `mkdir -p "));
    }
    fs::write(&missing, "").expect("written");
    assert!(Place::file(&missing.join("b.tar")).is_err());
}

#[test]
fn an_input_is_refused_under_every_name_that_it_has() {
    let folder = folder();
    let [input, link, same] = ["input", "link", "same"].map(|name| folder.path().join(name));
    fs::write(&input, "key").expect("written");
    symlink(&input, &link).expect("a link");
    fs::hard_link(&input, &same).expect("a name");
    for named in [&input, &link, &same] {
        let place = Place::file(named).expect("a place").unless_one_of([input.as_path()]);
        assert!(refusal(place).contains("this command reads the same file as"));
    }
    let other = Place::file(&folder.path().join("other")).expect("a place");
    other.unless_one_of([input.as_path()]).expect("another file");
}

#[test]
fn a_draft_leaves_nothing_and_a_file_keeps_its_mode() {
    let folder = folder();
    let path = folder.path().join("b.tar");
    let place = Place::file(&path).expect("a place");
    let mut draft = Draft::create(&place, Mode::Kept).expect("a draft");
    draft.write_all(b"half").expect("written");
    assert_eq!(names(folder.path()).len(), 1);
    drop(draft);
    assert_eq!(names(folder.path()), Vec::<String>::new());
    replace(&place, b"whole").expect("written");
    let mode = |path: &Path| fs::metadata(path).expect("it").permissions().mode() & 0o7777;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o4640)).expect("set");
    replace(&place, b"again").expect("written");
    assert_eq!(mode(&path), 0o640);
    let key = Place::file(&folder.path().join("key")).expect("a place");
    Draft::create(&key, Mode::Private).expect("a draft").publish_new().expect("published");
    assert_eq!(mode(key.path()), 0o600);
    let again = Draft::create(&key, Mode::Private).expect("a draft").publish_new();
    assert!(matches!(again, Err(OutputError::Exists { .. })), "{again:?}");
    assert_eq!(names(folder.path()), ["b.tar", "key"]);
}

#[test]
fn a_folder_that_is_not_finished_takes_with_it_what_was_made_for_it() {
    let outer = folder();
    let path = outer.path().join("a/b");
    let mut unfinished = Folder::create(&path).expect("a folder");
    unfinished.write("c/d.yaml", b"d", 0o644).expect("written");
    assert!(!Folder::look(&path).expect("a folder"));
    drop(unfinished);
    assert_eq!(names(outer.path()), Vec::<String>::new());
    let mut unfinished = Folder::create(&path).expect("a folder");
    unfinished.write("mine", b"d", 0o644).expect("written");
    fs::write(path.join("theirs"), "").expect("written");
    drop(unfinished);
    assert_eq!(names(&path), ["theirs"]);
    let place = Place::file(&path.join("new")).expect("a place");
    let taken = Place::file(&path.join("theirs")).expect("a place");
    let drafts = [&place, &taken].map(|place| Draft::create(place, Mode::Kept).expect("a draft"));
    Folder::create(&path).expect("a folder").publish(drafts.into()).expect_err("one is there");
    assert_eq!(names(&path), ["theirs"]);
}

#[test]
fn what_is_no_folder_is_refused() {
    let outer = folder();
    let path = outer.path().join("file");
    fs::write(&path, "").expect("written");
    let refused = Folder::create(&path).expect_err("it is refused").to_string();
    assert!(refused.ends_with("it is a file, expected a folder or a new name"), "{refused}");
    assert!(Folder::look(&outer.path().join("new")).expect("a new name"));
}
