//! What happens to clients that pull when the program is stopped, or when its file is cut or removed; and what it leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::SystemTime;

use airgap_bundle::digest::Digest;
use airgap_bundle::server::Tls;
use tempfile::TempDir;

use super::{block_on, http};
use bundle_testing::made::{Made, noise};
use bundle_testing::served::Served;
use bundle_testing::support::bundle;

/// More than the buffers of two sockets hold, in bytes.
const LARGE: usize = 32 * 1024 * 1024;
const UNSIGNED: &str = "--insecure-unsigned";

fn folder(layer: &[u8]) -> TempDir {
    let (mut made, folder) = (Made::default(), TempDir::new().expect("a folder"));
    made.image("docker.io/acme/app:1", layer);
    made.write(folder.path());
    folder
}

/// Returns the status and the body of an answer; `None`: it was broken off.
fn get(served: &Served, path: &str, headers: &[(&str, &str)]) -> (u16, Option<Vec<u8>>) {
    block_on(async {
        let request = http().get(served.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.bytes().await.ok().map(Into::into))
    })
}

/// Begins to pull a blob, then tells the program to stop, and returns once it takes no more connections.
fn stopped_during_a_pull(layer: &[u8], folder: &TempDir) -> (Served, TcpStream) {
    let served = Served::start(folder.path(), &[UNSIGNED, "--quiet"]);
    let mut stream = TcpStream::connect(&served.address).expect("a connection");
    let path = format!("/v2/acme/app/blobs/{}", Digest::of(layer));
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").expect("a request");
    assert_eq!(stream.peek(&mut [0]).expect("a beginning"), 1);
    served.terminate();
    while TcpStream::connect(&served.address).is_ok() {}
    (served, stream)
}

#[test]
fn a_second_stop_signal_ends_open_transfers() {
    let layer = noise(LARGE);
    let folder = folder(&layer);
    let (mut served, mut stream) = stopped_during_a_pull(&layer, &folder);
    served.terminate();
    let said = "warning: second stop signal: aborting open transfers";
    assert_eq!(served.end(), (Some(0), String::new(), vec![said.to_owned()]));
    let mut taken = Vec::new();
    // Where the connection was reset, what had come is lost, too.
    _ = stream.read_to_end(&mut taken);
    assert!(taken.len() < LARGE, "{} bytes came", taken.len());
}

#[test]
fn a_running_pull_completes_after_a_stop_signal() {
    let layer = noise(LARGE);
    let folder = folder(&layer);
    let (mut served, mut stream) = stopped_during_a_pull(&layer, &folder);
    let mut taken = Vec::new();
    stream.read_to_end(&mut taken).expect("the rest");
    let head = taken.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    assert!(taken.starts_with(b"HTTP/1.1 200 OK\r\n"));
    assert_eq!(Digest::of(&taken[head..]), Digest::of(&layer));
    assert_eq!(served.end(), (Some(0), String::new(), Vec::new()));
}

#[test]
fn a_bundle_that_is_deleted_is_served_on() {
    let folder = folder(b"a layer");
    let served = Served::start(folder.path(), &[UNSIGNED, "--quiet"]);
    fs::remove_file(folder.path().join("b.tar")).expect("it was there");
    let path = format!("acme/app/blobs/{}", Digest::of(b"a layer"));
    assert_eq!(get(&served, &path, &[]), (200, Some(b"a layer".to_vec())));
}

#[test]
fn a_bundle_that_is_cut_breaks_the_pull_off_and_the_log_says_what_helps() {
    let layer = noise(100_000);
    let folder = folder(&layer);
    let served = Served::start(folder.path(), &[UNSIGNED, "--quiet"]);
    let file = fs::File::options().write(true).open(folder.path().join("b.tar")).expect("a bundle");
    let length = file.metadata().expect("it is there").len();
    file.set_len(length / 2).expect("it can be cut");
    let digest = Digest::of(&layer);
    let path = format!("acme/app/blobs/{digest}");
    let expected = format!(
        "warning: blob `{digest}` cannot be read: `b.tar`: shorter than the {length} bytes that it had: copy it again, then restart"
    );
    assert_eq!(get(&served, &path, &[]), (200, None));
    assert_eq!(served.logged(), expected);
    assert_eq!(get(&served, &path, &[("range", "bytes=0-1")]).0, 500);
    assert_eq!(served.logged(), expected);
    assert_eq!(get(&served, "acme/app/manifests/1", &[]).0, 200, "what is in memory is still answered");
}

#[test]
fn a_bundle_that_is_altered_breaks_the_pull_off_once_and_is_not_served_again() {
    let layer = noise(100_000);
    let folder = folder(&layer);
    let served = Served::start(folder.path(), &[UNSIGNED, "--quiet"]);
    let file = folder.path().join("b.tar");
    let mut bytes = fs::read(&file).expect("a bundle");
    let last = bytes.windows(100).position(|found| found == &layer[99_900..]).expect("the layer");
    bytes[last] ^= 1;
    fs::write(&file, bytes).expect("a bundle");
    let digest = Digest::of(&layer);
    let path = format!("acme/app/blobs/{digest}");
    assert_eq!(get(&served, &path, &[]), (200, None));
    let text = "was altered: it does not match its digest and is no longer served; restart with a good copy";
    assert_eq!(served.logged(), format!("warning: blob `{digest}` {text}"));
    assert_eq!(get(&served, &path, &[]).0, 410);
}

/// Returns what is in a folder: sizes, and when it was last written to.
fn state(folder: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let state = entries.map(|entry| {
        let found = entry.metadata().expect("it is there");
        let name = entry.file_name().to_string_lossy().into_owned();
        (name, (found.len(), found.modified().expect("a time")))
    });
    state.collect()
}

#[test]
fn nothing_is_written_whatever_is_asked_for() {
    let folder = folder(b"a layer");
    let before = state(folder.path());
    let mut served = Served::start_unable_to_write(folder.path(), &[UNSIGNED, "--quiet"]);
    let blob = format!("acme/app/blobs/{}", Digest::of(b"a layer"));
    assert_eq!(get(&served, &blob, &[]), (200, Some(b"a layer".to_vec())));
    assert_eq!(get(&served, &blob, &[("range", "bytes=2-3")]), (206, Some(b"la".to_vec())));
    for path in ["_catalog", "acme/app/tags/list", "acme/app/manifests/1"] {
        assert_eq!(get(&served, path, &[]).0, 200, "{path}");
    }
    let put = http().put(served.url("acme/app/manifests/2")).body("{}").send();
    assert_eq!(block_on(put).expect("an answer").status().as_u16(), 405);
    served.terminate();
    assert_eq!(served.end(), (Some(0), String::new(), Vec::new()));
    assert_eq!(state(folder.path()), before);
}

#[test]
fn an_address_that_is_taken_and_a_certificate_that_is_no_use_are_refused_with_what_helps() {
    let folder = folder(b"a layer");
    let expired = Tls::generate(&["registry.lan".to_owned()], 1_000_000_000).expect("a certificate");
    fs::write(folder.path().join("old.pem"), expired.certificate_pem()).expect("a file");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let run = |arguments: &[&str]| {
        let ran = bundle(folder.path(), ["serve", "b.tar", UNSIGNED].iter().chain(arguments));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
        ran.stderr
    };
    assert_eq!(
        run(&["--listen", &address]),
        format!(
            "error: cannot listen on `{address}`: Address already in use (os error 98)\n\nhint: choose another address with --listen; port 0 selects a free port\n"
        )
    );
    let said = run(&["--listen", "127.0.0.1:0", "--tls-cert", "old.pem", "--tls-key", "old.pem"]);
    let begin = "error: `old.pem` with `old.pem`: the certificate is not valid now: valid 2001-09-08T01:46:40Z to 2002-09-08T01:46:40Z, current time 20";
    let hint = "\n\nhint: use a certificate that is valid now, or set this machine's clock\n";
    assert!(said.starts_with(begin) && said.ends_with(hint), "{said}");
}
