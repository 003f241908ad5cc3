//! A large file does not need much memory, however large it is.

use std::fs;
use std::process::{Command, Stdio};

use super::{Large, URL};
use bundle_testing::internet::Served;
use bundle_testing::served::peak_kib;

const BYTES: u64 = 256 * 1024 * 1024;
const MOST_KIB: u64 = 64 * 1024;

/// Runs a command that has to succeed, and returns the most memory that it was seen with, in KiB. That only grows, and is read
/// again and again until the process is gone.
fn peak_of(large: &Large, arguments: &[&str]) -> u64 {
    let mut command = Command::new(bundle_testing::support::program());
    command.args(arguments).args(["--trusted-root", "root.json"]).current_dir(large.path("."));
    command.env_clear().env("HOME", large.path(".")).stdout(Stdio::null());
    let mut process = command.spawn().expect("it runs");
    let mut peak = 0;
    let ended = loop {
        peak = peak_kib(process.id()).unwrap_or_default().max(peak);
        if let Some(ended) = process.try_wait().expect("a process") {
            break ended;
        }
        std::thread::yield_now();
    };
    assert!(ended.success() && peak > 0, "{arguments:?}: {ended}");
    eprintln!("peak memory of `{}` with {BYTES} bytes: {peak} KiB", arguments[0]);
    peak
}

#[test]
fn a_large_file_of_256_mib_stays_below_64_mib_in_every_command() {
    let large = Large::new(b"");
    fs::File::create(large.path("sparse")).expect("a file").set_len(BYTES).expect("a length");
    large.files().serve(URL, Served::File(large.path("sparse")));
    let open = ["tiny.tar", "--insecure-unsigned"];
    for arguments in [
        &large.tiny.build()[..],
        &[&["verify"], &open[..]].concat(),
        &[&["extract"], &open[..], &["program", "-o", "out"]].concat(),
    ] {
        let peak = peak_of(&large, arguments);
        assert!(peak <= MOST_KIB, "{arguments:?}: {peak} KiB");
    }
    assert_eq!(fs::metadata(large.path("out/program")).expect("a file").len(), BYTES);
}
