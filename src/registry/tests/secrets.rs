//! No error text holds a secret.

use std::error::Error;

use super::scripted::{Reply, Scripted, answer};
use super::{BLOB, Login, blob, client, repository};
use crate::registry::client::Client;
use crate::registry::client::access::Access;
use crate::registry::error::RegistryError;
use crate::registry::transport::proxy::Proxies;
use crate::spec::Registries;

const SECRETS: [&str; 4] = ["planted", "someone:", "c29tZW9uZTpwbGFudGVk", "state="];

/// Returns everything that can be told of an error, and that there is no secret in it.
fn told(error: &RegistryError) -> String {
    let mut text = format!("{error} {error:?} {:?}", error.hint());
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text} {next}");
        cause = next.source();
    }
    for secret in SECRETS {
        assert!(!text.contains(secret), "`{secret}` is in: {text}");
    }
    text
}

fn echo(request: &str) -> Reply {
    answer("500 Internal Server Error", &["retry-after: 999"], request.as_bytes())
}

#[tokio::test]
async fn a_registry_that_repeats_what_it_was_sent_is_not_quoted_with_it() {
    for scheme in ["Basic realm=\"x\"", "Bearer realm=\"REALM?state=planted\""] {
        let service = Scripted::start(|_, _| answer("200 OK", &[], b"{\"token\":\"planted-token\"}")).await;
        let realm = scheme.replace("REALM", &format!("http://{}/token", service.address));
        let header = format!("www-authenticate: {realm}");
        let registry = Scripted::start(move |request, _| match request.contains("uthorization: ") {
            true => echo(request.split("uthorization: ").nth(1).unwrap()),
            false => answer("401 Unauthorized", &[&header], b""),
        })
        .await;
        let login = Login::Basic("someone".to_owned(), "planted".to_owned());
        let repository = repository(&client([(registry.address.to_string(), login)]), &registry);
        let text = told(&repository.manifest("1").await.unwrap_err());
        assert!(text.contains("answered 500") && text.contains("[hidden]"), "{text}");
    }
}

#[tokio::test]
async fn what_an_uploads_address_carries_is_not_told() {
    for reply in ["400 Bad Request", "403 Forbidden", "404 Not Found", "202 Accepted", ""] {
        let registry = Scripted::start(move |request, _| match request.starts_with("POST ") {
            true => answer("202 Accepted", &["location: /upload/1?state=planted"], b""),
            false if reply.is_empty() => Reply::Close,
            false => answer(reply, &[], b""),
        })
        .await;
        let repository = super::anonymous(&registry);
        let body = || futures_util::stream::iter([Ok(bytes::Bytes::from_static(BLOB))]);
        told(&repository.upload(&blob(), BLOB.len() as u64, body).await.unwrap_err());
    }
}

#[tokio::test]
async fn a_files_address_is_shown_without_its_password() {
    let server = Scripted::start(|_, _| answer("403 Forbidden", &[], b"")).await;
    let client = client([]);
    let address = format!("http://someone:planted@{}/x.yaml?state=planted", server.address);
    let text = told(&client.file(&address, 10).await.unwrap_err());
    assert!(text.contains(&format!("`http://{}/x.yaml` refuses access (403)", server.address)), "{text}");
    told(&client.file("http://someone:planted@[bad/x", 10).await.unwrap_err());
}

#[tokio::test]
async fn a_proxy_is_used_off_this_machine_only_and_its_password_not_told() {
    let proxy = Scripted::start(|_, _| answer("407 Proxy Authentication Required", &[], b"")).await;
    let registry = Scripted::start(|_, _| answer("404 Not Found", &[], b"")).await;
    let http = Some(format!("http://someone:planted@{}", proxy.address));
    let except = Some("direct.example".to_owned());
    let access = Access { proxies: Proxies { http, except, https: None }, ..Access::default() };
    let client = Client::with_access(Registries::default(), &access).unwrap();
    assert_eq!(repository(&client, &registry).manifest("1").await.unwrap(), None);
    assert_eq!(proxy.asked(), Vec::<String>::new());
    let text = told(&client.file("http://files.example/x", 10).await.unwrap_err());
    assert!(text.contains("answered 407"), "{text}");
    assert_eq!(proxy.asked(), ["GET http://files.example/x"]);
    assert!(proxy.seen()[0].contains("uthorization: Basic c29tZW9uZTpwbGFudGVk"), "{:?}", proxy.seen());
    told(&RegistryError::Setup { what: format!("{access:?}"), reason: String::new(), hint: "" });
}

#[test]
fn an_address_of_a_proxy_that_is_none_is_refused_without_being_told() {
    for https in ["http://someone:planted@[bad", "socks9://someone:planted@x", "http://"] {
        let proxies = Proxies { https: Some(https.to_owned()), ..Proxies::default() };
        let access = Access { proxies, ..Access::default() };
        match Client::with_access(Registries::default(), &access) {
            Ok(_) => panic!("`{https}` was taken"),
            Err(error) => drop(told(&error)),
        }
    }
}
