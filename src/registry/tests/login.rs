//! Tokens and passwords: what is sent where, how often, and the errors when it fails.

use std::time::Duration;

use super::scripted::{Reply, Scripted, answer};
use super::{BLOB, Login, blob, client, repository};
use crate::registry::client::Client;
use crate::registry::client::repository::Repository;
use crate::registry::error::RegistryError;

/// Starts a registry that wants a token of the given service: `token-N` for N requests or more made with it is no longer good.
async fn registry(service: &Scripted, good: fn(&str) -> bool) -> Scripted {
    let realm =
        format!("www-authenticate: Bearer realm=\"http://{}/token\",service=\"reg\"", service.address);
    Scripted::start(move |request, _| match request.split("uthorization: Bearer ").nth(1) {
        Some(rest) if good(rest.lines().next().unwrap()) => answer("200 OK", &[], BLOB),
        _ => answer("401 Unauthorized", &[&realm], b""),
    })
    .await
}

/// Starts a token service that gives out `token-0`, `token-1` and so on.
async fn service(more: &'static str) -> Scripted {
    Scripted::start(move |_, number| {
        answer("200 OK", &[], format!("{{\"token\":\"token-{number}\"{more}}}").as_bytes())
    })
    .await
}

fn basic() -> Login {
    Login::Basic("someone".to_owned(), "hunter2".to_owned())
}

fn logged_in(registry: &Scripted, login: Login) -> (Client, Repository) {
    let client = client([(registry.address.to_string(), login)]);
    let repository = repository(&client, registry);
    (client, repository)
}

async fn read(repository: &Repository) -> Result<(), RegistryError> {
    repository.stream_blob(&blob(), BLOB.len() as u64, |_, _| Ok(())).await
}

#[tokio::test]
async fn one_token_serves_many_blobs() {
    let service = service("").await;
    let registry = registry(&service, |_| true).await;
    let (_, repository) = logged_in(&registry, basic());
    let all: Vec<_> = futures_util::future::join_all((0..8).map(|_| read(&repository))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(service.asked(), ["GET /token?service=reg&scope=repository%3Aa%2Fb%3Apull"]);
    assert!(service.seen()[0].contains("uthorization: Basic c29tZW9uZTpodW50ZXIy"), "{:?}", service.seen());
}

#[tokio::test]
async fn a_token_that_ran_out_is_renewed_before_it_is_used() {
    let service = service(",\"expires_in\":300").await;
    let registry = registry(&service, |_| true).await;
    let (client, repository) = logged_in(&registry, Login::Anonymous);
    read(&repository).await.unwrap();
    client.session.clock.wait(Duration::from_secs(294)).await;
    read(&repository).await.unwrap();
    assert_eq!(service.asked().len(), 1);
    client.session.clock.wait(Duration::from_secs(1)).await;
    read(&repository).await.unwrap();
    assert_eq!(service.asked().len(), 2);
    assert!(!service.seen()[0].contains("uthorization"), "{:?}", service.seen());
}

#[tokio::test]
async fn a_token_that_the_registry_does_not_take_any_more_is_renewed_once() {
    let service = service("").await;
    let registry = registry(&service, |token| token != "token-0").await;
    let (_, repository) = logged_in(&registry, basic());
    let error = read(&repository).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unauthorized { status: 401, .. }), "{error}");
    read(&repository).await.unwrap();
    assert_eq!(service.asked().len(), 2);
}

#[tokio::test]
async fn a_mount_asks_for_its_source_too() {
    let service = service("").await;
    let registry = registry(&service, |_| true).await;
    let (_, repository) = logged_in(&registry, basic());
    repository.mount(&blob(), "c/d").await.unwrap_err();
    let expected =
        "GET /token?service=reg&scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=repository%3Ac%2Fd%3Apull";
    assert_eq!(service.asked(), [expected]);
}

#[tokio::test]
async fn an_identity_token_is_exchanged_by_post() {
    let service = Scripted::start(|_, _| answer("200 OK", &[], b"{\"access_token\":\"token-0\"}")).await;
    let registry = registry(&service, |token| token == "token-0").await;
    let (_, repository) = logged_in(&registry, Login::Identity("identity+/".to_owned()));
    read(&repository).await.unwrap();
    assert_eq!(service.asked(), ["POST /token"]);
    let expected = "service=reg&grant_type=refresh_token&client_id=bundle&refresh_token=identity%2B%2F&scope=repository%3Aa%2Fb%3Apull";
    assert!(service.seen()[0].ends_with(&format!("\r\n\r\n{expected}")), "{:?}", service.seen());
}

#[tokio::test]
async fn errors_of_the_token_service_are_shown_without_the_secret() {
    let huge = format!("{{\"token\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    for (login, reply, expected) in [
        (
            basic(),
            answer(
                "401 Unauthorized",
                &[],
                br#"{"errors":[{"code":"DENIED","message":"no hunter2, c29tZW9uZTpodW50ZXIy"}]}"#,
            ),
            "answered 401: DENIED no [hidden], [hidden]",
        ),
        (
            Login::Identity("idtoken".to_owned()),
            answer("400 Bad Request", &[], b"bad idtoken"),
            "answered 400: bad [hidden]",
        ),
        (basic(), answer("200 OK", &[], b"hunter2"), "answered with something that is no token"),
        (basic(), answer("200 OK", &[], b"{}"), "answered without a token"),
        (basic(), answer("200 OK", &[], huge.as_bytes()), ""),
    ] {
        let reply = match reply {
            Reply::Send(bytes) => bytes,
            _ => Vec::new(),
        };
        let service = Scripted::start(move |_, _| Reply::Send(reply.clone())).await;
        let registry = registry(&service, |_| true).await;
        let (_, repository) = logged_in(&registry, login);
        let error = read(&repository).await.unwrap_err();
        let prefix = format!(
            "`reg/a/b@{}`: failed to log in at `{}`: the token service `http://{}/token` ",
            blob(),
            registry.address,
            service.address
        );
        match expected {
            "" => assert!(matches!(error, RegistryError::TooLarge { .. }), "{error}"),
            _ => assert_eq!(error.to_string(), prefix + expected),
        }
        assert_eq!(service.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_token_service_that_fails_for_a_while_is_asked_again() {
    let service = Scripted::start(|_, number| match number {
        0 => answer("503 Service Unavailable", &[], b""),
        1 => Reply::Close,
        _ => answer("200 OK", &[], b"{\"token\":\"token\"}"),
    })
    .await;
    let registry = registry(&service, |_| true).await;
    let (_, repository) = logged_in(&registry, basic());
    read(&repository).await.unwrap();
    assert_eq!(service.asked().len(), 3);
}

#[tokio::test]
async fn a_token_service_without_tls_gets_no_password() {
    let realm = "www-authenticate: Bearer realm=\"http://auth.example/token?x=secret\"";
    let registry = Scripted::start(move |_, _| answer("401 Unauthorized", &[realm], b"")).await;
    let (_, repository) = logged_in(&registry, basic());
    let error = read(&repository).await.unwrap_err().to_string();
    assert!(
        error.ends_with(
            "the registry names the token service `http://auth.example/token`, expected `https://`"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_token_service_that_points_elsewhere_does_not_take_the_password_along() {
    let other = service("").await;
    let place = format!("location: http://{}/token", other.address);
    let service = Scripted::start(move |_, _| answer("307 Temporary Redirect", &[&place], b"")).await;
    let registry = registry(&service, |_| true).await;
    let (_, repository) = logged_in(&registry, basic());
    read(&repository).await.unwrap();
    assert!(!other.seen()[0].contains("uthorization"), "{:?}", other.seen());
}

#[tokio::test]
async fn an_upload_to_another_host_gets_no_credentials() {
    let other = Scripted::start(|_, _| answer("201 Created", &[], b"")).await;
    let place = format!("location: http://{}/upload", other.address);
    let service = service("").await;
    let realm = format!("www-authenticate: Bearer realm=\"http://{}/token\"", service.address);
    let registry =
        Scripted::start(move |request, _| match request.contains("uthorization: Bearer token-0") {
            true => answer("202 Accepted", &[&place], b""),
            false => answer("401 Unauthorized", &[&realm], b""),
        })
        .await;
    let (_, repository) = logged_in(&registry, basic());
    let body = || futures_util::stream::iter([Ok(bytes::Bytes::from_static(BLOB))]);
    repository.upload(&blob(), BLOB.len() as u64, body).await.unwrap();
    let seen = other.seen();
    assert!(seen[0].ends_with("0123456789") && !seen[0].contains("uthorization"), "{seen:?}");
}

#[tokio::test]
async fn a_refused_password_is_sent_once() {
    let realm = "www-authenticate: Basic realm=\"x\"";
    let registry = Scripted::start(move |_, _| answer("401 Unauthorized", &[realm], b"")).await;
    let (_, repository) = logged_in(&registry, basic());
    for asked in [2, 3] {
        let error = read(&repository).await.unwrap_err();
        assert!(matches!(error, RegistryError::Unauthorized { status: 401, .. }), "{error}");
        assert_eq!(registry.asked().len(), asked);
    }
}
