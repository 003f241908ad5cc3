//! What a proxy says where it refuses a tunnel: the library that opens one does not tell the status.

use std::time::Duration;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest first line of an answer, in bytes.
const MAX_LINE_BYTES: u64 = 1024;

/// Asks a proxy once more for a tunnel, and returns the status with which it refuses. `None`: it opens one, or does not say.
pub(crate) async fn refusal(proxy: &Url, to: &Url, limit: Duration) -> Option<u16> {
    // The certificate of a proxy behind TLS would have to be checked, too.
    let host = proxy.host_str().filter(|_| proxy.scheme() == "http")?;
    let address = (host.trim_matches(['[', ']']), proxy.port_or_known_default()?);
    let ask = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        stream.write_all(&request(proxy, to)?).await.ok()?;
        let mut line = Vec::new();
        let mut answer = stream.take(MAX_LINE_BYTES);
        while !line.contains(&b'\n') && answer.read_buf(&mut line).await.ok()? > 0 {}
        status(&line)
    };
    timeout(limit, ask).await.ok()?.filter(|status| !(200..300).contains(status))
}

// See: RFC 9110 section 9.3.6
fn request(proxy: &Url, to: &Url) -> Option<Vec<u8>> {
    let place = format!("{}:{}", to.host_str()?, to.port_or_known_default()?);
    let uri = to.as_str().parse::<Uri>().ok()?;
    let way = Matcher::builder().all(proxy.as_str()).build().intercept(&uri)?;
    let login = way.basic_auth().map(|login| [b"Proxy-Authorization: ", login.as_bytes(), b"\r\n"].concat());
    let head = format!("CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n").into_bytes();
    Some([head, login.unwrap_or_default(), b"\r\n".to_vec()].concat())
}

/// Reads a status line.
// See: RFC 9112 section 4
fn status(line: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(line.split(|byte| *byte == b'\r' || *byte == b'\n').next()?).ok()?;
    let (_, rest) = line.split_once(' ').filter(|(version, _)| version.starts_with("HTTP/1."))?;
    rest.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_from_a_status_line_only() {
        for (line, expected) in [
            ("HTTP/1.1 403 Forbidden\r\n", Some(403)),
            ("HTTP/1.0 502\r\n", Some(502)),
            ("HTTP/1.1 502", Some(502)),
            ("HTTP/1.1 x\r\n", None),
            ("HTTP/1.1 \u{e9}x\r\n", None),
            ("SSH-2.0-OpenSSH 403\r\n", None),
            ("", None),
        ] {
            assert_eq!(status(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_tunnel_is_asked_for_with_the_login_that_the_address_holds() {
        let asked = |proxy: &str, to: &str| {
            let request = request(&Url::parse(proxy).unwrap(), &Url::parse(to).unwrap()).unwrap();
            String::from_utf8(request).unwrap()
        };
        assert_eq!(
            asked("http://proxy:3128", "https://registry.example/v2/?x=y"),
            "CONNECT registry.example:443 HTTP/1.1\r\nHost: registry.example:443\r\n\r\n"
        );
        // `p%40ss` is the password `p@ss`.
        assert_eq!(
            asked("http://someone:p%40ss@proxy:3128", "https://[fd00::5]:5000/"),
            "CONNECT [fd00::5]:5000 HTTP/1.1\r\nHost: [fd00::5]:5000\r\nProxy-Authorization: Basic c29tZW9uZTpwQHNz\r\n\r\n"
        );
    }
}
