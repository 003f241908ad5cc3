//! What is tried again, how often, and what is not.

use std::time::Duration;

use super::scripted::{Reply, Scripted, answer, bytes, cut};
use super::{BLOB, Client, Credentials, Endpoint, Login, anonymous, blob};
use crate::registry::client::access::Access;
use crate::registry::client::retry::Patience;
use crate::registry::error::RegistryError;
use crate::spec::Registries;

/// Returns how long was waited, by the test's clock.
fn waited(repository: &crate::registry::client::repository::Repository) -> Duration {
    repository.session.clock.now()
}

#[tokio::test]
async fn a_failure_that_passes_is_not_told() {
    for failure in [
        || answer("429 Too Many Requests", &[], b""),
        || answer("500 Internal Server Error", &[], b"no"),
        || answer("502 Bad Gateway", &[], b""),
        || answer("503 Service Unavailable", &[], b""),
        || answer("504 Gateway Timeout", &[], b""),
        || Reply::Close,
        || cut("200 OK", &[], 100, b"{"),
    ] {
        let registry = Scripted::start(move |_, number| match number {
            0 | 1 => failure(),
            _ => answer("404 Not Found", &[], b""),
        });
        let registry = registry.await;
        let repository = anonymous(&registry);
        assert_eq!(repository.manifest("1").await.unwrap(), None);
        assert_eq!(registry.asked().len(), 3);
        let millis = waited(&repository).as_millis();
        assert!((750..=1500).contains(&millis), "{millis}");
    }
}

#[tokio::test]
async fn a_lasting_failure_is_reported_with_attempts_and_time() {
    let registry =
        Scripted::start(|_, _| answer("503 Service Unavailable", &["retry-after: 3"], b"busy")).await;
    let error = anonymous(&registry).manifest("1").await.unwrap_err();
    let url = format!("http://{}/v2/a/b/manifests/1", registry.address);
    let expected =
        format!("`reg/a/b:1`: `{url}` answered 503, expected 200: busy; gave up after 5 attempts in 12 s");
    assert_eq!(error.to_string(), expected);
    assert!(matches!(error.cause(), RegistryError::Status { status: 503, .. }));
    assert!(!error.is_refusal() && error.hint().is_some());
    assert_eq!(registry.asked().len(), 5);
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_not_begun() {
    let registry = Scripted::start(|_, _| answer("429 Too Many Requests", &["retry-after: 3600"], b"")).await;
    let repository = anonymous(&registry);
    let error = repository.manifest("1").await.unwrap_err().to_string();
    assert!(error.ends_with("; gave up after 1 attempt in 0 s, as it asks to wait 3600 s"), "{error}");
    assert_eq!((registry.asked().len(), waited(&repository)), (1, Duration::ZERO));
}

#[tokio::test]
async fn a_date_is_waited_for_by_the_registrys_own_clock() {
    let registry = Scripted::start(|_, number| match number {
        0 => answer(
            "429 Too Many Requests",
            &["date: Sun, 22 Nov 2026 10:00:00 GMT", "retry-after: Sun, 22 Nov 2026 10:00:40 GMT"],
            b"",
        ),
        _ => answer("404 Not Found", &[], b""),
    })
    .await;
    let repository = anonymous(&registry);
    assert_eq!(repository.resolve("1").await.unwrap(), None);
    assert_eq!(waited(&repository), Duration::from_secs(40));
}

#[tokio::test]
async fn an_answer_that_is_one_is_not_asked_for_again() {
    for (status, absent) in [
        ("404 Not Found", true),
        ("400 Bad Request", false),
        ("401 Unauthorized", false),
        ("403 Forbidden", false),
        ("405 Method Not Allowed", false),
        ("501 Not Implemented", false),
    ] {
        let registry = Scripted::start(move |_, _| answer(status, &[], b"")).await;
        let found = anonymous(&registry).manifest("1").await;
        assert_eq!(matches!(found, Ok(None)), absent, "{status}: {found:?}");
        assert!(!matches!(found, Err(RegistryError::GaveUp { .. })), "{found:?}");
        assert_eq!(registry.asked().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_host_that_never_answered_is_not_asked_again() {
    let registry = Scripted::start(|_, _| Reply::Close).await;
    let repository = anonymous(&registry);
    let address = registry.address;
    drop(registry);
    // The listener goes when its task has ended.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let error = repository.manifest("1").await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { lasting: true, .. }), "{error}");
    assert_eq!(waited(&repository), Duration::ZERO);
}

#[tokio::test]
async fn a_host_that_answered_before_may_come_back() {
    let registry = Scripted::start(|_, _| answer("404 Not Found", &[], b"")).await;
    let repository = anonymous(&registry);
    assert_eq!(repository.manifest("1").await.unwrap(), None);
    let address = registry.address;
    drop(registry);
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let error = repository.manifest("1").await.unwrap_err();
    assert!(error.to_string().contains("; gave up after 5 attempts in "), "{error}");
}

/// Returns a repository of a registry that may be silent for a moment only.
fn impatient(registry: &Scripted, retries: u32) -> crate::registry::client::repository::Repository {
    let host = registry.address.to_string();
    let silence = Duration::from_millis(20);
    let access =
        Access { patience: Patience { silence, retries, ..Patience::default() }, ..Access::default() };
    let credentials = Credentials::fixed([(host.clone(), Login::Anonymous)]);
    let client = Client::for_tests(Registries::default(), &access, credentials);
    client.repository(Endpoint::new(&host, None, ""), "a/b", "reg/a/b")
}

#[tokio::test]
async fn silence_ends_a_question_and_a_transfer() {
    let registry = Scripted::start(|request, _| match request {
        _ if request.contains("/manifests/") => Reply::Hang(Vec::new()),
        _ => Reply::Hang(bytes("200 OK", &[], BLOB.len(), &BLOB[..4])),
    })
    .await;
    let repository = impatient(&registry, 0);
    let error = repository.manifest("1").await.unwrap_err();
    assert!(matches!(error, RegistryError::Silent { .. }), "{error}");
    let error = repository.stream_blob(&blob(), BLOB.len() as u64, |_, _| Ok(())).await.unwrap_err();
    assert!(matches!(error, RegistryError::Silent { .. }), "{error}");
}

#[tokio::test]
async fn more_headers_than_an_answer_has_are_refused() {
    let headers: Vec<String> = (0..200).map(|number| format!("x-{number}: y")).collect();
    let registry = Scripted::start(move |_, _| {
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        answer("200 OK", &headers, b"{}")
    })
    .await;
    let error = impatient(&registry, 0).manifest("1").await.unwrap_err();
    assert!(matches!(error, RegistryError::Unreachable { .. }), "{error}");
}
