//! What `-o` names is looked at before any work, and what a command writes is whole or not there.
//!
//! Everything happens in folders of the tests' own: no test names a device of this machine.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::{Pid, Uid, mkfifo};

use bundle_testing::internet::{Answer, Fault};
use bundle_testing::support::{bundle, bundle_command};
use bundle_testing::tiny::{ARTIFACT, Tiny};

/// Returns the arguments of a build into this output.
fn to<'a>(tiny: &Tiny, output: &'a str) -> Vec<&'a str> {
    tiny.build().map(|argument| if argument == "tiny.tar" { output } else { argument }).to_vec()
}

/// A build whose registry would refuse everything: what fails before it asks, was found out before any work.
fn offline() -> Tiny {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.lock()).ok();
    for host in ["ghcr.io", "docker.io"] {
        tiny.front(host).fault(Fault::reading("/v2/", Answer::Status(500)));
    }
    tiny
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_named_pipe_a_socket_and_a_device_survive_a_build() {
    let tiny = offline();
    let bits = Mode::S_IRUSR | Mode::S_IWUSR;
    mkfifo(&tiny.stack.path("pipe"), bits).expect("a pipe");
    let _listener = UnixListener::bind(tiny.stack.path("socket")).expect("a socket");
    let mut kinds = vec![("pipe", "a named pipe"), ("socket", "a socket")];
    if Uid::effective().is_root() {
        let null = tiny.stack.path("null");
        mknod(&null, SFlag::S_IFCHR, bits, makedev(1, 3)).expect("a device");
        kinds.push(("null", "a character device"));
    }
    for (name, kind) in kinds {
        let inode = || fs::symlink_metadata(tiny.stack.path(name)).expect("it is there").ino();
        let before = inode();
        let expected = format!(
            "error: cannot write `{name}`: it is {kind}, expected a regular file or a new name\n\n\
             hint: name a regular file or a new one: nothing was read or written yet\n"
        );
        assert_eq!(tiny.fails(2, to(&tiny, name)), expected);
        let parts = to(&tiny, name).into_iter().chain(["--split", "1MB"]);
        assert_eq!(tiny.fails(2, parts), expected);
        assert_eq!(inode(), before);
    }
    let pipe = fs::symlink_metadata(tiny.stack.path("pipe")).expect("it is there");
    assert!(pipe.file_type().is_fifo());
}

#[test]
fn an_input_of_a_build_is_not_overwritten() {
    let tiny = offline();
    tiny.stack.keys("mine");
    symlink("tiny.yaml", tiny.stack.path("link")).expect("a link");
    for (output, input) in [
        ("tiny.yaml", "tiny.yaml"),
        ("link", "tiny.yaml"),
        ("tiny.lock", "tiny.lock"),
        ("registries.yaml", "registries.yaml"),
        ("mine.key", "mine.key"),
    ] {
        let arguments = ["build", "tiny.yaml", "-o", output, "--key", "mine.key"];
        let said = tiny.fails(2, arguments.into_iter().chain(["--registries", "registries.yaml"]));
        let same = format!(
            "this command reads the same file as `{input}`\n\nhint: name another file for the output\n"
        );
        assert!(said.starts_with("error: cannot write `") && said.ends_with(&same), "{said}");
    }
}

#[test]
fn a_folder_that_does_not_exist_is_found_out_before_anything_is_fetched() {
    let tiny = offline();
    let said = tiny.fails(2, to(&tiny, "no/such/b.tar"));
    let expected = "error: cannot write `no/such/b.tar`: the folder `no/such` does not exist\n\n\
                    hint: make it with `mkdir -p no/such`, or name another folder\n";
    assert_eq!(said, expected);
}

#[test]
fn a_folder_gets_the_bundle_under_its_own_name_and_a_link_leads_to_its_target() {
    let tiny = Tiny::new();
    tiny.stack.write("out/old.tar", "old");
    symlink("out/old.tar", tiny.stack.path("link.tar")).expect("a link");
    assert!(tiny.stack.bundle(to(&tiny, "out")).ok().contains("built out/tiny-1.0.0.tar: "));
    tiny.stack.bundle(to(&tiny, "link.tar")).ok();
    assert!(fs::symlink_metadata(tiny.stack.path("link.tar")).expect("it is there").is_symlink());
    let read = |name: &str| fs::read(tiny.stack.path(name)).expect(name);
    assert!(read("out/old.tar") == read("out/tiny-1.0.0.tar"));
    assert_eq!(names(&tiny.stack.path("out")), ["old.tar", "tiny-1.0.0.tar"]);
    fs::create_dir(tiny.stack.path("locks")).expect("a folder");
    fs::rename(tiny.stack.path("tiny.lock"), tiny.stack.path("locks/shared.lock")).expect("moved");
    symlink("locks/shared.lock", tiny.stack.path("tiny.lock")).expect("a link");
    let spec = fs::read_to_string(tiny.stack.path("tiny.yaml")).expect("the spec");
    tiny.stack.write("tiny.yaml", &spec.replace("[linux/amd64, linux/arm64]", "[linux/amd64]"));
    tiny.stack.bundle(tiny.lock().into_iter().chain(["--update"])).ok();
    assert!(fs::symlink_metadata(tiny.stack.path("tiny.lock")).expect("it is there").is_symlink());
    let shared = fs::read_to_string(tiny.stack.path("locks/shared.lock")).expect("the lock");
    assert!(!shared.contains("linux/arm64"), "{shared}");
    assert_eq!(names(&tiny.stack.path("locks")), ["shared.lock"]);
}

#[test]
fn a_build_that_fails_while_it_writes_leaves_no_file() {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.lock()).ok();
    tiny.fault(layer(&tiny), Answer::CutAfter(1));
    tiny.stack.write("tiny.tar", "the bundle of last month");
    tiny.fails(2, tiny.build());
    tiny.fails(2, to(&tiny, "new.tar").into_iter().chain(["--split", "2kB"]));
}

#[test]
fn a_build_that_is_told_to_end_leaves_no_file() {
    let tiny = Tiny::new();
    tiny.stack.bundle(tiny.lock()).ok();
    tiny.fault(layer(&tiny), Answer::Busy(503));
    let before = names(tiny.stack.folder.path());
    let patient = tiny.build().map(|argument| if argument == "0" { "1000" } else { argument });
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let mut command = bundle_command(tiny.stack.folder.path(), patient);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
        let half = |name: &String| name.starts_with(".tiny.tar.") && name.ends_with(".partial");
        while !names(tiny.stack.folder.path()).iter().any(half) {
            assert_eq!(child.try_wait().expect("its state"), None, "it ended before");
            std::thread::yield_now();
        }
        kill(Pid::from_raw(child.id().try_into().expect("a number")), signal).expect("told");
        let code = child.wait().expect("its end").code();
        assert_eq!(code, Some(128 + signal as i32));
        assert_eq!(names(tiny.stack.folder.path()), before);
    }
}

/// Returns a part of the path at which the artifact's layer is read, after everything else is known.
fn layer(tiny: &Tiny) -> String {
    let manifest = tiny.manifest(ARTIFACT);
    let document: serde_json::Value = serde_json::from_slice(&manifest.bytes).expect("a manifest");
    format!("/blobs/{}", document["layers"][0]["digest"].as_str().expect("a digest"))
}

#[test]
fn keys_are_never_overwritten_and_come_as_a_pair() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let keygen = |prefix: &str| bundle(folder.path(), ["keygen", "--output-key-prefix", prefix]);
    keygen("mine").ok();
    let mode = fs::metadata(folder.path().join("mine.key")).expect("a key").mode() & 0o777;
    assert_eq!(mode, 0o600);
    let both = names(folder.path());
    assert_eq!(both, ["mine.key", "mine.pub"]);
    let expected = |name: &str| {
        format!(
            "error: cannot write `{name}`: the file exists, and is never overwritten\n\n\
             hint: name another file, or move this one away\n"
        )
    };
    assert_eq!((keygen("mine").code, keygen("mine").stderr), (Some(2), expected("mine.key")));
    fs::remove_file(folder.path().join("mine.key")).expect("removed");
    assert_eq!((keygen("mine").code, keygen("mine").stderr), (Some(2), expected("mine.pub")));
    assert_eq!(names(folder.path()), ["mine.pub"]);
    let refused = keygen("no/mine").stderr;
    assert!(
        refused.starts_with("error: cannot write `no/mine.key`: the folder `no` does not exist"),
        "{refused}"
    );
}

#[test]
fn a_folder_for_output_is_looked_at_before_the_bundle_is_read() {
    let folder = tempfile::TempDir::new().expect("a folder");
    mkfifo(&folder.path().join("pipe"), Mode::S_IRUSR | Mode::S_IWUSR).expect("a pipe");
    let expected = "error: cannot write into `pipe`: it is a named pipe, expected a folder or a new name\n";
    let extract = ["extract", "none.tar", "a", "--insecure-unsigned", "-o", "pipe"];
    let render = ["render", "none.tar", "--insecure-unsigned", "--site", "none.yaml", "-o", "pipe"];
    for ran in [bundle(folder.path(), extract), bundle(folder.path(), render)] {
        assert!(ran.code == Some(2) && ran.stderr.starts_with(expected), "{}", ran.stderr);
    }
    // Opening it would wait for who writes into it.
    let ran = bundle(folder.path(), ["inspect", "pipe"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("not a regular file"), "{}", ran.stderr);
    let enforce = bundle(folder.path(), ["enforce", "warn", "--to-site", "pipe"]);
    assert!(
        enforce.stderr.starts_with("error: cannot write `pipe`: it is a named pipe"),
        "{}",
        enforce.stderr
    );
    assert_eq!(names(folder.path()), ["pipe"]);
}
