//! Many pulls at once do not need much memory.

use std::sync::Arc;

use airgap_bundle::digest::Digest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::block_on;
use bundle_testing::made::{Made, noise};
use bundle_testing::served::Served;

const PULLS: usize = 200;
const BLOB: usize = 8 * 1024 * 1024;
const MOST_KIB: u64 = 64 * 1024;

/// Reads the beginning of a blob, waits until everybody has, and reads the rest. Returns how many bytes came.
async fn pull(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: String, all: Arc<Barrier>) -> usize {
    let authorization = BASE64_STANDARD.encode("me:hunter2");
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Basic {authorization}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut buffer = vec![0; 16 * 1024];
    stream.read_exact(&mut buffer).await.expect("a beginning");
    assert!(buffer.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let mut taken =
        buffer.len() - (buffer.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4);
    all.wait().await;
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return taken,
            Ok(length) => taken += length,
            Err(broken) => panic!("after {taken} bytes: {broken}"),
        }
    }
}

/// Returns what trusts the certificate that the program printed, if it printed one.
fn connector(served: &Served) -> Option<TlsConnector> {
    let said: Value = serde_json::from_str(&served.announced).ok()?;
    let certificate = CertificateDer::from_pem_slice(said["result"]["certificate"].as_str()?.as_bytes());
    let mut roots = RootCertStore::empty();
    roots.add(certificate.expect("a certificate")).expect("it is one to trust");
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Some(TlsConnector::from(Arc::new(config)))
}

/// Pulls one blob as often as that, all at once, from `bundle serve` with more arguments.
fn stays_below(arguments: &[&str]) {
    let (mut made, folder, layer) = (Made::default(), TempDir::new().expect("a folder"), noise(BLOB));
    made.image("docker.io/acme/large:1", &layer);
    made.write(folder.path());
    // As much work for a password as `htpasswd -B` and docker-registry ask for.
    let hash = bcrypt::hash_with_salt("hunter2", 10, [7; 16]).expect("a hash").to_string();
    std::fs::write(folder.path().join("htpasswd"), format!("me:{hash}\n")).expect("a file");
    let served = Served::start(folder.path(), &[&["--insecure-unsigned", "--quiet"], arguments].concat());
    let (before, tls) = (served.peak_kib(), connector(&served));
    let path = format!("/v2/acme/large/blobs/{}", Digest::of(&layer));
    block_on(async {
        let all = Arc::new(Barrier::new(PULLS));
        let pulls = (0..PULLS).map(|_| {
            let (address, path, all, tls) = (served.address.clone(), path.clone(), all.clone(), tls.clone());
            tokio::spawn(async move {
                let stream = TcpStream::connect(address).await.expect("a connection");
                let Some(tls) = tls else { return pull(stream, path, all).await };
                let name = ServerName::try_from("localhost").expect("a name");
                pull(tls.connect(name, stream).await.expect("TLS"), path, all).await
            })
        });
        for pull in pulls.collect::<Vec<_>>() {
            assert_eq!(pull.await.expect("a pull"), BLOB);
        }
    });
    let peak = served.peak_kib();
    eprintln!("peak memory: {before} KiB before, {peak} KiB after {PULLS} pulls of {BLOB} bytes at once");
    assert!(peak < MOST_KIB, "{peak} KiB");
}

#[test]
fn two_hundred_pulls_of_the_largest_blob_at_once_stay_below_64_mib() {
    stays_below(&[]);
}

#[test]
fn two_hundred_pulls_over_tls_with_a_password_stay_below_64_mib() {
    stays_below(&["--tls-generate", "--format", "json", "--htpasswd", "htpasswd"]);
}
