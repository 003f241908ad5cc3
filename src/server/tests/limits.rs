//! Clients that are silent, greedy or slow, and the stop.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::report::Event;
use crate::report::Reporter;
use crate::store::BlobSource;
use std::net::SocketAddr;

/// More than the buffers of two sockets hold, in bytes.
const LARGE: u64 = 64 * 1024 * 1024;
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(600);

/// A blob of zeros.
struct Zeros;

impl BlobSource for Zeros {
    fn size(&self, _: &Digest) -> Option<u64> {
        Some(LARGE)
    }

    fn read_exact_at(&self, _: &Digest, _: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        buffer.fill(0);
        Ok(())
    }
}

/// Sends on what is reported.
pub(crate) struct Log(pub mpsc::UnboundedSender<Event>);

impl Reporter for Log {
    fn event(&self, event: Event) {
        // The receiver may be gone.
        let _ = self.0.send(event);
    }
}

struct Large {
    address: SocketAddr,
    path: String,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
    log: mpsc::UnboundedReceiver<Event>,
}

async fn large(limits: Limits) -> Large {
    let mut hasher = crate::digest::Hasher::default();
    (0..LARGE / 1024).for_each(|_| hasher.update(&[0; 1024]));
    let (digest, mut catalog) = (hasher.finish(), Catalog::default());
    catalog.add_blob("a/b", digest);
    let (sender, log) = mpsc::unbounded_channel();
    let registry = Registry::reporting(catalog, Arc::new(Zeros), Arc::new(Log(sender)));
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let listening = Listening { limits, ..Listening::default() };
    let server = tokio::spawn(registry.listen(listener, listening, async { stopped.await.unwrap() }));
    Large { address, path: format!("/v2/a/b/blobs/{digest}"), stop, server, log }
}

impl Large {
    async fn connect(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn begin(&self) -> TcpStream {
        self.connect(&format!("GET {} HTTP/1.1\r\nhost: x\r\n\r\n", self.path)).await
    }
}

/// Reads to the end; a connection that is reset has ended, too.
async fn rest(mut stream: TcpStream) -> Vec<u8> {
    let mut taken = Vec::new();
    let _ = stream.read_to_end(&mut taken).await;
    taken
}

#[tokio::test]
async fn a_client_that_says_nothing_or_not_all_is_cut_off() {
    let large = large(Limits { silence: SHORT, ..Limits::default() }).await;
    for request in ["", "GET /v2/ HT", "GET /v2/ HTTP/1.1\r\nhost: x\r\n"] {
        let said = rest(large.connect(request).await).await;
        assert!(!said.starts_with(b"HTTP/1.1 200"), "{request}");
    }
    let answered = rest(large.connect("GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n").await).await;
    assert!(answered.starts_with(b"HTTP/1.1 200"), "and it is cut off before its next request");
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_cut_off() {
    let mut large = large(Limits { silence: SHORT, ..Limits::default() }).await;
    let stream = large.begin().await;
    let Some(Event::Step(line)) = large.log.recv().await else { panic!("a line") };
    assert!(line.starts_with(&format!("GET {} 200 ", large.path)), "{line}");
    assert!((rest(stream).await.len() as u64) < LARGE);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let large = large(Limits::default()).await;
    let many = "x: y\r\n".repeat(100);
    for headers in [format!("x: {}\r\n", "y".repeat(20_000)), many] {
        let said = rest(large.connect(&format!("GET /v2/ HTTP/1.1\r\n{headers}\r\n")).await).await;
        assert!(said.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&said));
    }
}

/// Asks on a connection that stays, and takes the answer.
async fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut taken = Vec::new();
    while !taken.ends_with(b"\r\n\r\n{}") {
        taken.push(stream.read_u8().await.unwrap());
    }
}

#[tokio::test]
async fn who_finds_no_room_waits_for_it() {
    for connections in [1, Limits::default().connections] {
        let large = large(Limits { connections, ..Limits::default() }).await;
        let mut held = Vec::new();
        for _ in 0..connections {
            held.push(large.connect("").await);
            ask(held.last_mut().unwrap()).await;
        }
        let waiting = large.connect("GET /v2/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        // The others are answered all along, and it is not.
        for stream in &mut held {
            ask(stream).await;
        }
        let found = waiting.try_read(&mut [0]);
        assert_eq!(found.unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "{connections}");
        held.pop();
        assert!(rest(waiting).await.starts_with(b"HTTP/1.1 200"), "{connections}");
    }
}

#[tokio::test]
async fn a_transfer_that_runs_goes_to_its_end_after_the_stop() {
    let large = large(Limits { grace: LONG, ..Limits::default() }).await;
    let mut stream = large.begin().await;
    assert_eq!(stream.read_u8().await.unwrap(), b'H');
    let idle = large.connect("GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n").await;
    large.stop.send(()).unwrap();
    assert!((rest(stream).await.len() as u64) > LARGE);
    rest(idle).await;
    large.server.await.unwrap().unwrap();
    assert!(TcpStream::connect(large.address).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn a_transfer_that_does_not_end_is_broken_off_in_time() {
    let large = large(Limits { grace: SHORT, ..Limits::default() }).await;
    let mut stream = large.begin().await;
    assert_eq!(stream.read_u8().await.unwrap(), b'H');
    large.stop.send(()).unwrap();
    large.server.await.unwrap().unwrap();
    assert!((rest(stream).await.len() as u64) < LARGE);
}
