//! A server that answers each request with the bytes that a test wrote, and notes what it was sent.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What is done about a request.
pub enum Reply {
    /// These bytes are sent, then the connection is closed.
    Send(Vec<u8>),
    /// The connection is closed.
    Close,
    /// These bytes are sent, then nothing more ever comes.
    Hang(Vec<u8>),
}

/// The server, until it is dropped.
pub struct Scripted {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns an answer with a status line's rest (`200 OK`), headers and a body.
pub fn answer(status: &str, headers: &[&str], body: &[u8]) -> Reply {
    Reply::Send(bytes(status, headers, body.len(), body))
}

/// Returns an answer that promises more bytes than come.
pub fn cut(status: &str, headers: &[&str], promised: usize, body: &[u8]) -> Reply {
    Reply::Send(bytes(status, headers, promised, body))
}

pub fn bytes(status: &str, headers: &[&str], promised: usize, body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {promised}\r\nconnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

impl Scripted {
    /// Starts a server that answers a request, given whole as text and with its number from 0.
    pub async fn start(reply: impl Fn(&str, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let (noted, reply) = (seen.clone(), Arc::new(reply));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, noted.clone(), reply.clone()));
            }
        });
        Self { address, seen, task }
    }

    /// Returns the requests so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Returns `METHOD path` of the requests so far.
    pub fn asked(&self) -> Vec<String> {
        let line = |request: &String| request.split(" HTTP/").next().unwrap().to_owned();
        self.seen().iter().map(line).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    noted: Arc<Mutex<Vec<String>>>,
    reply: Arc<impl Fn(&str, usize) -> Reply>,
) {
    let Some(request) = read(&mut stream).await else { return };
    let number = {
        let mut noted = noted.lock().unwrap();
        noted.push(request.clone());
        noted.len() - 1
    };
    match reply(&request, number) {
        Reply::Close => {}
        Reply::Send(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
        Reply::Hang(bytes) => {
            let _ = stream.write_all(&bytes).await;
            std::future::pending().await
        }
    }
}

/// Reads a request to the end of its body.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut piece = [0; 4096];
    loop {
        if let Some(end) = text.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
            let length =
                head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            if text.len() >= end + 4 + length.unwrap_or(0) {
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => text.extend_from_slice(&piece[..count]),
        }
    }
}
