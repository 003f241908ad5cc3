//! Answers that point elsewhere, and lists of several pages.

use super::scripted::{Scripted, answer};
use super::{BLOB, Login, anonymous, blob, client, repository};
use crate::digest::Digest;
use crate::oci;
use crate::registry::error::RegistryError;

#[tokio::test]
async fn a_redirect_is_followed_without_the_credentials() {
    let store = Scripted::start(|_, _| answer("200 OK", &[], BLOB)).await;
    let place = format!("location: http://{}/store?signature=secret", store.address);
    let registry = Scripted::start(move |request, _| match request.contains("uthorization: ") {
        false => answer("401 Unauthorized", &["www-authenticate: Basic realm=\"x\""], b""),
        true => answer("307 Temporary Redirect", &[&place], b""),
    })
    .await;
    let login = Login::Basic("someone".to_owned(), "hunter2".to_owned());
    let repository = repository(&client([(registry.address.to_string(), login)]), &registry);
    repository.stream_blob(&blob(), 10, |_, _| Ok(())).await.unwrap();
    let seen = store.seen();
    assert_eq!(store.asked(), ["GET /store?signature=secret"]);
    assert!(!seen[0].to_ascii_lowercase().contains("authorization"), "{seen:?}");
}

#[tokio::test]
async fn a_place_that_one_was_sent_to_cannot_ask_for_the_password() {
    // It says that the tokens of the registry are had from it.
    let store = Scripted::start(|request, _| {
        let host = request.split("ost: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
        let realm = format!("www-authenticate: Bearer realm=\"http://{host}/token\"");
        answer("401 Unauthorized", &[&realm, "www-authenticate: Basic realm=\"x\""], b"")
    })
    .await;
    let place = format!("location: http://{}/store", store.address);
    let registry = Scripted::start(move |_, _| answer("307 Temporary Redirect", &[&place], b"")).await;
    let login = Login::Basic("someone".to_owned(), "hunter2".to_owned());
    let repository = repository(&client([(registry.address.to_string(), login)]), &registry);
    let error = repository.stream_blob(&blob(), 10, |_, _| Ok(())).await.unwrap_err();
    let expected = format!("`reg/a/b@{}`: `http://{}/store` refuses access (401)", blob(), store.address);
    assert_eq!(error.to_string(), expected);
    assert_eq!((registry.asked().len(), store.asked()), (1, vec!["GET /store".to_owned()]));
}

#[tokio::test]
async fn a_relative_redirect_keeps_the_credentials_and_the_host() {
    let registry = Scripted::start(|request, _| match request {
        _ if !request.contains("uthorization: Basic c29tZW9uZTpodW50ZXIy") => {
            answer("401 Unauthorized", &["www-authenticate: Basic realm=\"x\""], b"")
        }
        _ if request.starts_with("GET /elsewhere") => answer("200 OK", &[], BLOB),
        _ => answer("302 Found", &["location: ../../../../elsewhere"], b""),
    })
    .await;
    let login = Login::Basic("someone".to_owned(), "hunter2".to_owned());
    let repository = repository(&client([(registry.address.to_string(), login)]), &registry);
    repository.stream_blob(&blob(), 10, |_, _| Ok(())).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_points_on_and_on_is_refused() {
    let registry =
        Scripted::start(|_, _| answer("307 Temporary Redirect", &["location: /again?token=secret"], b""))
            .await;
    let error = anonymous(&registry).manifest("1").await.unwrap_err().to_string();
    assert!(error.ends_with("manifests/1` redirects more than 5 times"), "{error}");
    assert_eq!(registry.asked().len(), 6);
}

#[tokio::test]
async fn a_failure_of_the_store_is_shown_without_the_secrets_in_its_address() {
    let store = Scripted::start(|_, _| answer("403 Forbidden", &[], b"")).await;
    let place = format!("location: http://user:pass@{}/store?signature=secret", store.address);
    let registry = Scripted::start(move |_, _| answer("307 Temporary Redirect", &[&place], b"")).await;
    let error = anonymous(&registry).stream_blob(&blob(), 10, |_, _| Ok(())).await.unwrap_err();
    let expected = format!("`reg/a/b@{}`: `http://{}/store` refuses access (403)", blob(), store.address);
    assert_eq!(error.to_string(), expected);
}

#[test]
fn from_tls_nothing_leads_to_plain_http_off_this_machine() {
    let from = reqwest::Url::parse("https://reg.example/v2/a/b/blobs/uploads/").unwrap();
    let place = |text: &str| {
        crate::registry::client::exchange::next_place(&from, text, "x").map(|url| url.to_string())
    };
    assert_eq!(place("/v2/u?x=y").unwrap(), "https://reg.example/v2/u?x=y");
    assert_eq!(place("https://other.example/u").unwrap(), "https://other.example/u");
    assert_eq!(place("http://127.0.0.1:5000/u").unwrap(), "http://127.0.0.1:5000/u");
    let error = place("http://reg.example/u?state=secret").unwrap_err().to_string();
    assert_eq!(
        error,
        "x: `https://reg.example/v2/a/b/blobs/uploads/` points to `http://reg.example/u`, expected an `https://` address; \
         a proxy before the registry may have to pass on `X-Forwarded-Proto`"
    );
    for text in ["ftp://reg.example/u", "file:///etc/passwd", "http://[::1"] {
        assert!(matches!(place(text), Err(RegistryError::Malformed { .. })), "{text}");
    }
}

fn page(names: &[&str]) -> Vec<u8> {
    let listed: Vec<_> =
        names.iter().map(|name| oci::Descriptor::of(oci::MANIFEST, name.as_bytes())).collect();
    serde_json::json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": listed})
        .to_string()
        .into_bytes()
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let kind = format!("content-type: {}", oci::INDEX);
    let registry = Scripted::start(move |request, _| match request {
        _ if request.contains("page=2") => answer("200 OK", &[&kind], &page(&["three"])),
        _ if request.contains("/referrers/") => {
            answer("200 OK", &[&kind, "link: <?page=2>; rel=\"next\""], &page(&["one", "two"]))
        }
        _ if request.contains("last=b") => answer("200 OK", &[], br#"{"name":"a/b","tags":["c"]}"#),
        _ => answer(
            "200 OK",
            &["link: </v2/a/b/tags/list?last=b>; rel=\"next\""],
            br#"{"name":"a/b","tags":["a","b"]}"#,
        ),
    })
    .await;
    let repository = anonymous(&registry);
    let listed = repository.referrers(&blob()).await.unwrap().unwrap();
    let digests: Vec<_> = listed.iter().map(|descriptor| descriptor.digest).collect();
    assert_eq!(digests, ["one", "two", "three"].map(|name| Digest::of(name.as_bytes())));
    assert_eq!(repository.tags().await.unwrap().unwrap(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_list_that_does_not_end_or_goes_elsewhere_is_refused() {
    for (link, reason) in [
        ("<?again>; rel=\"next\"", "the list has more than 256 pages"),
        ("<http://127.0.0.2/x>; rel=\"next\"", "the list continues at another host"),
    ] {
        let registry =
            Scripted::start(move |_, _| answer("200 OK", &[&format!("link: {link}")], b"{\"tags\":[]}"))
                .await;
        let error = anonymous(&registry).tags().await.unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let registry = Scripted::start(|request, _| match request {
        _ if request.contains("page=2") => answer("404 Not Found", &[], b""),
        _ => answer("200 OK", &["link: <?page=2>; rel=\"next\""], b"{\"tags\":[\"a\"]}"),
    })
    .await;
    let error = anonymous(&registry).tags().await.unwrap_err().to_string();
    assert_eq!(error, "tags of `reg/a/b`: the list breaks off after 1 pages: the next page is missing");
}

#[tokio::test]
async fn a_registry_without_referrers_is_no_registry_that_answers_nonsense() {
    let html = "content-type: text/html; charset=utf-8";
    for (status, header, body, absent) in [
        ("404 Not Found", html, "", true),
        ("200 OK", html, "<html>", true),
        ("200 OK", "content-type: application/json", "<html>", false),
        ("200 OK", "content-type: application/vnd.oci.image.index.v1+json", "[]", false),
        ("400 Bad Request", html, "", false),
        ("405 Method Not Allowed", html, "", false),
    ] {
        let registry = Scripted::start(move |_, _| answer(status, &[header], body.as_bytes())).await;
        let found = anonymous(&registry).referrers(&blob()).await;
        assert_eq!(
            (matches!(found, Ok(None)), found.is_err()),
            (absent, !absent),
            "{status} {header}: {found:?}"
        );
    }
}
