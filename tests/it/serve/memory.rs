//! Many pulls at once do not need much memory.

use std::sync::Arc;

use airgap_bundle::digest::Digest;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;

use super::block_on;
use super::made::{Made, noise};
use super::process::Served;

const PULLS: usize = 200;
const BLOB: usize = 8 * 1024 * 1024;
const MOST_KIB: u64 = 64 * 1024;

/// Reads the beginning of a blob, waits until everybody has, and reads the rest. Returns how many bytes came.
async fn pull(address: String, path: String, all: Arc<Barrier>) -> usize {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut buffer = vec![0; 16 * 1024];
    stream.read_exact(&mut buffer).await.expect("a beginning");
    assert!(buffer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let mut taken =
        buffer.len() - (buffer.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4);
    all.wait().await;
    loop {
        match stream.read(&mut buffer).await.expect("a piece") {
            0 => return taken,
            length => taken += length,
        }
    }
}

#[test]
fn two_hundred_pulls_of_the_largest_blob_at_once_stay_below_64_mib() {
    let (mut made, folder, layer) = (Made::default(), TempDir::new().expect("a folder"), noise(BLOB));
    made.image("docker.io/acme/large:1", &layer);
    made.write(folder.path());
    let served = Served::start(folder.path(), &["--insecure-unsigned", "--quiet"]);
    let before = served.peak_kib();
    let path = format!("/v2/acme/large/blobs/{}", Digest::of(&layer));
    block_on(async {
        let all = Arc::new(Barrier::new(PULLS));
        let pulls = (0..PULLS).map(|_| tokio::spawn(pull(served.address.clone(), path.clone(), all.clone())));
        for pull in pulls.collect::<Vec<_>>() {
            assert_eq!(pull.await.expect("a pull"), BLOB);
        }
    });
    let peak = served.peak_kib();
    eprintln!("peak memory: {before} KiB before, {peak} KiB after {PULLS} pulls of {BLOB} bytes at once");
    assert!(peak < MOST_KIB, "{peak} KiB");
}
