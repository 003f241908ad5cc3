//! TLS of the tests' own authority before a registry, which notes everything that it is sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::Stack;

/// The end of TLS, for as long as the runtime that it was started on.
pub struct Tls {
    /// Where it listens.
    pub address: SocketAddr,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Tls {
    /// Starts it before a registry, with `server.pem` and `server.key` of a folder.
    pub fn start(stack: &Stack, folder: &Path, behind: SocketAddr) -> Self {
        let (acceptor, sent) = (acceptor(folder), Arc::<Mutex<Vec<u8>>>::default());
        let noted = sent.clone();
        let address = stack.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            let address = listener.local_addr().expect("an address");
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, acceptor.clone(), behind, noted.clone()));
                }
            });
            address
        });
        Self { address, sent }
    }

    /// Returns everything that was sent so far, in small letters.
    pub fn sent(&self) -> String {
        String::from_utf8_lossy(&self.sent.lock().expect("what was sent")).to_lowercase()
    }
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a file");
    let chain = vec![CertificateDer::from_pem_slice(&read("server.pem")).expect("a certificate")];
    let key = PrivateKeyDer::from_pem_slice(&read("server.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let config = config.with_no_client_auth().with_single_cert(chain, key).expect("a certificate");
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    behind: SocketAddr,
    noted: Arc<Mutex<Vec<u8>>>,
) -> std::io::Result<()> {
    let (from, mut to) = tokio::io::split(acceptor.accept(stream).await?);
    let (mut answers, requests) = TcpStream::connect(behind).await?.into_split();
    tokio::spawn(note(from, requests, noted));
    copy(&mut answers, &mut to).await?;
    to.shutdown().await
}

async fn note(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    noted: Arc<Mutex<Vec<u8>>>,
) -> std::io::Result<()> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        noted.lock().expect("what was sent").extend_from_slice(&piece[..length]);
        to.write_all(&piece[..length]).await?;
    }
}
