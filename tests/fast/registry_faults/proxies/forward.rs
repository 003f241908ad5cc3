//! A forward proxy of the tests' own: it opens tunnels, passes on requests in absolute form, and finds every host on this machine.
// See: RFC 9110 section 9.3.6, RFC 9112 section 3.2.2

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use bundle_testing::support::Stack;

/// What the proxy does with a request.
#[derive(Clone)]
pub enum Manner {
    /// It finds hosts here, for clients with this login, `USER:PASSWORD` in base64; `None`: for all.
    Passes(BTreeMap<String, SocketAddr>, Option<&'static str>),
    /// It answers with a status line's rest.
    Answers(&'static str),
    /// It closes the connection without a word.
    Closes,
    /// It opens a tunnel and closes it at once.
    ClosesTunnels,
}

/// The proxy, for as long as the runtime that it was started on.
pub struct Forward {
    pub address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Forward {
    pub fn start(stack: &Stack, manner: Manner) -> Self {
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let noted = seen.clone();
        let address = stack.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            let address = listener.local_addr().expect("an address");
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, manner.clone(), noted.clone()));
                }
            });
            address
        });
        Self { address, seen }
    }

    /// Returns the first lines of the requests so far, each once and in order, and forgets them.
    pub fn asked(&self) -> Vec<String> {
        let heads = std::mem::take(&mut *self.seen.lock().expect("the requests"));
        let mut lines: Vec<_> = heads
            .iter()
            .filter_map(|head| head.split_once(" HTTP/"))
            .map(|(line, _)| line.to_owned())
            .collect();
        lines.sort();
        lines.dedup();
        lines
    }
}

/// Serves one request: each has a connection of its own.
async fn serve(mut stream: TcpStream, manner: Manner, noted: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let (head, rest) = head(&mut stream).await?;
    noted.lock().expect("the requests").push(head.clone());
    let (hosts, login) = match manner {
        Manner::Passes(hosts, login) => (hosts, login),
        Manner::Answers(status) => return answer(&mut stream, status).await,
        Manner::Closes => return Ok(()),
        Manner::ClosesTunnels => return stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await,
    };
    if login.is_some_and(|login| !head.to_lowercase().contains(&expected(login))) {
        return answer(&mut stream, "407 Proxy Authentication Required").await;
    }
    let target = head.split(' ').nth(1).unwrap_or_default().trim_start_matches("http://");
    let host = target.split('/').next().unwrap_or_default();
    let Some(address) = hosts.get(host) else { return answer(&mut stream, "502 Bad Gateway").await };
    let mut there = TcpStream::connect(address).await?;
    if head.starts_with("CONNECT ") {
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    } else {
        there.write_all(&[own_form(&head, host).as_bytes(), &rest].concat()).await?;
    }
    copy_bidirectional(&mut stream, &mut there).await.map(drop)
}

fn expected(login: &str) -> String {
    format!("\r\nproxy-authorization: basic {login}\r\n").to_lowercase()
}

/// Reads to the end of a request's head; returns it, and what came of the body.
async fn head(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let rest = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), rest));
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Returns a head as the server itself is asked, once on its connection. What is for the proxy stays with it.
fn own_form(head: &str, host: &str) -> String {
    let lines = head.trim_end().lines();
    let lines = lines.filter(|line| !line.to_lowercase().starts_with("proxy-"));
    let own: String = lines.map(|line| format!("{line}\r\n")).collect();
    format!("{}connection: close\r\n\r\n", own.replacen(&format!("http://{host}"), "", 1))
}

async fn answer(stream: &mut TcpStream, status: &str) -> std::io::Result<()> {
    let text = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).await
}
