//! Takes connections, within limits, until it is stopped.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::rustls::ServerConnection;

use super::access::Line;
use super::passwords::Passwords;
use super::patient::Patient;
use super::tls::Tls;
use crate::server::answer::answer;
use crate::server::content::pieces::SMALL;
use crate::server::registry::Registry;
use crate::server::reply::error;

/// The largest head of a request, in bytes: more is answered with 431.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How many headers a request may have.
const MAX_HEADERS: usize = 64;
/// How long to wait where the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(250);

/// How a registry listens.
#[derive(Debug, Default)]
pub struct Listening {
    /// The certificate; none is plain HTTP.
    pub tls: Option<Tls>,
    /// Who may ask; none is everybody.
    pub passwords: Option<Passwords>,
    /// What a client may use up.
    pub limits: Limits,
}

/// What clients may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many connections are served at once; others wait to be taken.
    pub connections: u32,
    /// How long a client may say nothing while it is asked something, or take nothing while it is sent something.
    pub silence: Duration,
    /// How long transfers may continue after the stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 256, silence: Duration::from_secs(60), grace: Duration::from_secs(30) }
    }
}

/// What every connection needs.
struct Site {
    registry: Arc<Registry>,
    listening: Listening,
    ending: watch::Receiver<bool>,
}

impl Registry {
    /// Serves until `stop` ends; running transfers may continue for as long as the limits allow.
    ///
    /// # Errors
    /// Never: what is wrong with a connection ends that connection.
    pub async fn listen(
        self: Arc<Self>,
        listener: TcpListener,
        listening: Listening,
        stop: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let limits = listening.limits;
        let room = Arc::new(Semaphore::new(limits.connections.max(1) as usize));
        let (end, ending) = watch::channel(false);
        let site = Arc::new(Site { registry: self, listening, ending });
        let (mut tasks, mut stop) = (JoinSet::new(), pin!(stop));
        loop {
            while tasks.try_join_next().is_some() {}
            let next = async { (room.clone().acquire_owned().await, listener.accept().await) };
            let (permit, accepted) = tokio::select! { () = &mut stop => break, next = next => next };
            let Ok((stream, peer)) = accepted else {
                sleep(NO_ROOM).await;
                continue;
            };
            let site = site.clone();
            tasks.spawn(async move {
                site.connection(stream, peer).await;
                drop(permit);
            });
        }
        drop(listener);
        end.send_replace(true);
        let ended = timeout(limits.grace, async { while tasks.join_next().await.is_some() {} });
        // Those that remain end when the tasks are dropped.
        let _ = ended.await;
        Ok(())
    }
}

impl Site {
    async fn connection(self: Arc<Self>, stream: TcpStream, peer: SocketAddr) {
        let silence = self.listening.limits.silence;
        // Small answers leave at once; where that cannot be had, they leave later.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, silence);
        let Some(tls) = &self.listening.tls else { return self.clone().http(stream, peer).await };
        let bounded = |session: &mut ServerConnection| session.set_buffer_limit(Some(SMALL));
        let shaken = timeout(silence, tls.acceptor.accept_with(stream, bounded)).await;
        if let Ok(Ok(stream)) = shaken {
            self.clone().http(stream, peer).await;
        }
    }

    async fn http(self: Arc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin, peer: SocketAddr) {
        let (site, mut ending) = (self.clone(), self.ending.clone());
        let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
            let site = site.clone();
            async move { Ok::<_, Infallible>(site.answer(request.map(Body::new), peer).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.listening.limits.silence)
            .max_header_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .max_buf_size(SMALL)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        // A connection that breaks is its client's affair, and in the log by the bytes that were sent.
        tokio::select! {
            _ = &mut connection => return,
            _ = ending.wait_for(|ending| *ending) => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }

    async fn answer(&self, request: Request, peer: SocketAddr) -> Response {
        let line = Line::begin(self.registry.reporter.clone(), &request, peer);
        let accepted = match &self.listening.passwords {
            Some(passwords) => passwords.accept(request.headers()).await,
            None => true,
        };
        line.follow(if accepted { answer(&self.registry, request).await } else { unauthorized() })
    }
}

// See: RFC 7617
fn unauthorized() -> Response {
    let mut refused = error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "a user and a password are needed");
    let challenge = HeaderValue::from_static("Basic realm=\"bundle\", charset=\"UTF-8\"");
    refused.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    refused
}
