//! Stands before a registry and makes it fail where a test wants it to; notes every request.
//!
//! Faults are laid and lifted while it runs. A request that no fault is for passes through unchanged.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::{HeaderValue, Method, StatusCode, header};
use tokio::net::TcpListener;

use super::chaos::Chaos;

/// What a registry does wrong.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The method that it is for; `None` for any.
    pub method: Option<Method>,
    /// A part of the path and query that it is for.
    pub path: String,
    /// How often it happens; `None` for always.
    pub times: Option<usize>,
    /// What happens.
    pub answer: Answer,
}

/// What a fault does to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The request is answered with this status and never reaches the registry.
    Status(u16),
    /// The first byte of the body is another one.
    Altered,
    /// The connection breaks after so many bytes of the body.
    CutAfter(u64),
    /// The request is answered with this status and the demand to come again at once.
    Busy(u16),
    /// The connection breaks, and the registry never saw the request.
    Reset,
    /// The connection breaks, after the registry did what was asked.
    ResetAfter,
    /// The answer comes after others had their turn.
    Late,
    /// The answer does not say where.
    WithoutLocation,
    /// The request is sent on to the same path of another server, `https://HOST`.
    Elsewhere(&'static str),
}

impl Fault {
    /// Makes a fault that always happens to reads of a path.
    #[must_use]
    pub fn reading(path: impl ToString, answer: Answer) -> Self {
        Self { method: Some(Method::GET), path: path.to_string(), times: None, answer }
    }

    fn is_for(&self, method: &Method, target: &str) -> bool {
        self.times != Some(0)
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
            && target.contains(&self.path)
    }
}

/// A registry's front, until it is dropped.
pub struct Front {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    behind: SocketAddr,
    http: reqwest::Client,
    faults: Mutex<Vec<Fault>>,
    chaos: Mutex<Option<Chaos>>,
    requests: Mutex<Vec<String>>,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Front {
    /// Starts a front on a loopback port that the system chooses.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(behind: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        // The front speaks to a loopback address only and needs no certificate authorities.
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build();
        let http = http.map_err(std::io::Error::other)?;
        let shared = Arc::new(Shared {
            behind,
            http,
            faults: Mutex::default(),
            chaos: Mutex::default(),
            requests: Mutex::default(),
        });
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap_or_default() });
        Ok(Self { address, shared, task })
    }

    /// Lays a fault.
    pub fn fault(&self, fault: Fault) {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Makes requests fail at random from now on.
    pub fn rage(&self, chaos: Chaos) {
        *self.shared.chaos.lock().unwrap_or_else(PoisonError::into_inner) = Some(chaos);
    }

    /// Lifts every fault.
    pub fn heal(&self) {
        *self.shared.chaos.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Returns the requests so far, `METHOD path?query` each, and forgets them.
    #[must_use]
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shared {
    /// Notes a request and returns what is to go wrong with it.
    fn note(&self, method: &Method, target: &str) -> Option<Answer> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(format!("{method} {target}"));
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = faults.iter_mut().find(|fault| fault.is_for(method, target)) {
            fault.times = fault.times.map(|times| times - 1);
            return Some(fault.answer);
        }
        self.chaos.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.choose(method, target)
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let target = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    match shared.note(request.method(), &target) {
        Some(Answer::Status(status)) => refuse(status),
        Some(Answer::Busy(status)) => {
            let mut response = refuse(status);
            response.headers_mut().insert("retry-after", HeaderValue::from_static("0"));
            response
        }
        Some(Answer::Elsewhere(server)) => elsewhere(&format!("{server}{target}")),
        Some(Answer::Reset) => reset(),
        Some(Answer::ResetAfter) => {
            let _done = pass(&shared, request, &target, None).await;
            reset()
        }
        Some(Answer::Late) => {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            pass(&shared, request, &target, None).await.unwrap_or_else(|_| refuse(502))
        }
        fault => pass(&shared, request, &target, fault).await.unwrap_or_else(|_| refuse(502)),
    }
}

/// Ends the task that serves the connection, and so the connection, without a word on this side.
fn reset() -> ! {
    std::panic::resume_unwind(Box::new("reset by a test"))
}

fn refuse(status: u16) -> Response {
    let mut response =
        Response::new(Body::from(r#"{"errors":[{"code":"FAULT","message":"laid by a test"}]}"#));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

fn elsewhere(place: &str) -> Response {
    let mut response = refuse(307);
    response.headers_mut().extend(HeaderValue::from_str(place).ok().map(|place| (header::LOCATION, place)));
    response
}

async fn pass(
    shared: &Shared,
    request: Request,
    target: &str,
    fault: Option<Answer>,
) -> reqwest::Result<Response> {
    let url = format!("http://{}{target}", shared.behind);
    let (parts, body) = request.into_parts();
    let behind = shared.http.request(parts.method, url).headers(parts.headers);
    let answer = behind.body(reqwest::Body::wrap_stream(body.into_data_stream())).send().await?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    if fault == Some(Answer::WithoutLocation) {
        response.headers_mut().remove("location");
    }
    let pieces = answer.bytes_stream().map(|piece| piece.map_err(std::io::Error::other));
    *response.body_mut() = match fault {
        Some(Answer::Altered) => Body::from_stream(pieces.enumerate().map(alter)),
        Some(Answer::CutAfter(bytes)) => {
            let end = stream::once(async {
                // What came before is sent only when the body has nothing more for a moment.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut by a test"))
            });
            Body::from_stream(pieces.scan(bytes, cut).chain(end))
        }
        _ => Body::from_stream(pieces),
    };
    Ok(response)
}

fn alter((number, piece): (usize, std::io::Result<Bytes>)) -> std::io::Result<Bytes> {
    let mut piece = BytesMut::from(piece?);
    if let Some(byte) = piece.first_mut().filter(|_| number == 0) {
        *byte ^= 0xff;
    }
    Ok(piece.freeze())
}

/// Lets pieces pass until `left` bytes have.
fn cut(left: &mut u64, piece: std::io::Result<Bytes>) -> std::future::Ready<Option<std::io::Result<Bytes>>> {
    let passed = piece.map(|mut piece| {
        piece.truncate(usize::try_from(*left).unwrap_or(usize::MAX).min(piece.len()));
        *left -= piece.len() as u64;
        piece
    });
    std::future::ready(Some(passed).filter(|passed| !passed.as_ref().is_ok_and(Bytes::is_empty)))
}
