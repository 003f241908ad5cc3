//! Blobs that break off, and uploads.

use bytes::Bytes;
use futures_util::stream;

use super::scripted::{Reply, Scripted, answer, bytes, cut};
use super::{BLOB, Client, Login, anonymous, blob, client};
use crate::digest::Digest;
use crate::registry::client::repository::Repository;
use crate::registry::error::RegistryError;

/// Streams the blob and returns the pieces with their offsets.
async fn stream(repository: &Repository) -> Result<Vec<(u64, String)>, RegistryError> {
    let mut pieces = Vec::new();
    let take = |offset, piece: &[u8]| {
        pieces.push((offset, String::from_utf8_lossy(piece).into_owned()));
        Ok(())
    };
    repository.stream_blob(&blob(), BLOB.len() as u64, take).await.map(|()| pieces)
}

fn ranges(registry: &Scripted) -> Vec<Option<String>> {
    let range = |request: &String| {
        request.lines().find_map(|line| Some(line.to_ascii_lowercase().strip_prefix("range: ")?.to_owned()))
    };
    registry.seen().iter().map(range).collect()
}

#[tokio::test]
async fn a_truncated_download_continues_where_it_broke_off() {
    let registry = Scripted::start(|_, number| match number {
        0 => cut("200 OK", &[], 10, &BLOB[..4]),
        1 => answer("503 Service Unavailable", &[], b""),
        2 => cut("206 Partial Content", &["content-range: bytes 4-9/10"], 6, &BLOB[4..7]),
        _ => answer("206 Partial Content", &["content-range: bytes 7-9/10"], &BLOB[7..]),
    })
    .await;
    let pieces = stream(&anonymous(&registry)).await.unwrap();
    assert_eq!(pieces, [(0, "0123".to_owned()), (4, "456".to_owned()), (7, "789".to_owned())]);
    let from = |offset| Some(format!("bytes={offset}-"));
    assert_eq!(ranges(&registry), [None, from(4), from(4), from(7)]);
}

#[tokio::test]
async fn where_no_part_is_given_a_download_begins_again() {
    for (second, asked) in [
        // The whole, another part, a part without a place, and none at all.
        (bytes("200 OK", &[], 10, BLOB), 2),
        (bytes("206 Partial Content", &["content-range: bytes 5-9/10"], 5, &BLOB[5..]), 3),
        (bytes("206 Partial Content", &[], 6, &BLOB[4..]), 3),
        (bytes("416 Range Not Satisfiable", &[], 0, b""), 3),
    ] {
        let registry = Scripted::start(move |_, number| match number {
            0 => cut("200 OK", &[], 10, &BLOB[..4]),
            1 => Reply::Send(second.clone()),
            _ => answer("200 OK", &[], BLOB),
        })
        .await;
        let pieces = stream(&anonymous(&registry)).await.unwrap();
        assert_eq!(pieces, [(0, "0123".to_owned()), (0, "0123456789".to_owned())]);
        assert_eq!(registry.asked().len(), asked);
    }
}

#[tokio::test]
async fn the_hash_is_over_the_whole_of_a_download_that_went_on() {
    let registry = Scripted::start(|_, number| match number {
        0 => cut("200 OK", &[], 10, b"X123"),
        _ => answer("206 Partial Content", &["content-range: bytes 4-9/10"], &BLOB[4..]),
    })
    .await;
    let error = stream(&anonymous(&registry)).await.unwrap_err();
    let found = Digest::of(b"X123456789").to_string();
    assert!(matches!(&error, RegistryError::Digest { found: other, .. } if *other == found), "{error}");
}

#[tokio::test]
async fn more_than_was_promised_is_refused_at_once() {
    let registry = Scripted::start(|_, _| answer("200 OK", &[], b"0123456789a")).await;
    let error = stream(&anonymous(&registry)).await.unwrap_err();
    assert!(matches!(error, RegistryError::Size { expected: 10, found: 11, .. }), "{error}");
}

fn anonymous_client(server: &Scripted) -> Client {
    client([(server.address.to_string(), Login::Anonymous)])
}

/// Downloads a file of unknown size and digest.
async fn measure(server: &Scripted, limit: u64) -> Result<(Digest, u64), RegistryError> {
    let url = format!("http://{}/x", server.address);
    anonymous_client(server).measure_file(&url, limit).await
}

#[tokio::test]
async fn a_file_of_unknown_digest_continues_if_the_sender_says_that_it_is_the_same() {
    let server = Scripted::start(|_, number| match number {
        0 => cut("200 OK", &["etag: \"one\""], 10, &BLOB[..4]),
        1 => cut("206 Partial Content", &["content-range: bytes 4-9/10"], 6, &BLOB[4..7]),
        _ => answer("206 Partial Content", &["content-range: bytes 7-9/10"], &BLOB[7..]),
    })
    .await;
    assert_eq!(measure(&server, 10).await.unwrap(), (blob(), 10));
    let from = |offset| Some(format!("bytes={offset}-"));
    assert_eq!(ranges(&server), [None, from(4), from(7)]);
    let asked = server.seen();
    assert!(asked[1..].iter().all(|request| request.to_lowercase().contains("if-range: \"one\"")));
}

#[tokio::test]
async fn a_file_of_unknown_digest_that_may_have_changed_begins_again() {
    // No name of the content, a weak one, and one that is another by then.
    for (etag, changed, asked) in [
        (&[][..], false, [None, None]),
        (&["etag: W/\"one\""], false, [None, None]),
        (&["etag: \"one\""], true, [None, Some("bytes=4-".to_owned())]),
    ] {
        let server = Scripted::start(move |_, number| match number {
            0 => cut("200 OK", etag, 10, b"X123"),
            _ => answer("200 OK", if changed { &["etag: \"two\""] } else { etag }, BLOB),
        })
        .await;
        assert_eq!(measure(&server, 10).await.unwrap(), (blob(), 10));
        assert_eq!(ranges(&server), asked);
    }
}

#[tokio::test]
async fn a_file_that_is_larger_than_any_may_be_is_refused() {
    let server = Scripted::start(|_, _| answer("200 OK", &[], BLOB)).await;
    let error = measure(&server, 9).await.unwrap_err();
    assert!(matches!(error, RegistryError::TooLarge { limit: 9, .. }), "{error}");
}

#[tokio::test]
async fn a_file_that_is_not_the_promised_one_is_refused() {
    let server = Scripted::start(|_, _| answer("200 OK", &[], BLOB)).await;
    let url = format!("http://{}/x", server.address);
    let (client, other) = (anonymous_client(&server), Digest::of(b"other"));
    let error = client.stream_file(&url, &other, 10, |_, _| Ok(())).await.unwrap_err();
    let expected = format!("file `{url}`: expected digest `{other}`, found `{}`", blob());
    assert_eq!(error.to_string(), expected);
    let error = client.stream_file(&url, &blob(), 11, |_, _| Ok(())).await.unwrap_err();
    assert_eq!(error.to_string(), format!("file `{url}`: expected 11 bytes, found 10"));
}

async fn upload(repository: &Repository) -> Result<(), RegistryError> {
    let body = || stream::iter(BLOB.chunks(3).map(|piece| Ok(Bytes::from_static(piece))));
    repository.upload(&blob(), BLOB.len() as u64, body).await
}

#[tokio::test]
async fn an_upload_that_broke_off_begins_again() {
    let registry = Scripted::start(|request, number| match number {
        0 => answer("503 Service Unavailable", &[], b""),
        1 | 3 | 5 => {
            answer("202 Accepted", &[&format!("location: /v2/a/b/blobs/uploads/{number}?state=x")], b"")
        }
        2 => Reply::Close,
        4 => answer("502 Bad Gateway", &[], b""),
        _ if request.ends_with("0123456789") => answer("201 Created", &[], b""),
        _ => answer("400 Bad Request", &[], b""),
    })
    .await;
    upload(&anonymous(&registry)).await.unwrap();
    let post = "POST /v2/a/b/blobs/uploads/".to_owned();
    let digest = blob().to_string().replace(':', "%3A");
    let put = |number| format!("PUT /v2/a/b/blobs/uploads/{number}?state=x&digest={digest}");
    let expected = [post.clone(), post.clone(), put(1), post.clone(), put(3), post, put(5)];
    assert_eq!(registry.asked(), expected);
}

#[tokio::test]
async fn an_upload_without_a_place_is_an_error_that_says_so() {
    let registry = Scripted::start(|_, _| answer("202 Accepted", &[], b"")).await;
    let error = upload(&anonymous(&registry)).await.unwrap_err();
    let expected = format!(
        "`reg/a/b@{}`: the registry opened an upload without saying where: expected the header `Location` with its 202",
        blob()
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_mount_is_done_or_not_and_neither_is_an_error() {
    for (status, mounted) in [("201 Created", true), ("202 Accepted", false)] {
        let registry = Scripted::start(move |_, _| answer(status, &["location: /x"], b"")).await;
        let repository = anonymous(&registry);
        assert_eq!(repository.mount(&blob(), "c/d").await.unwrap(), mounted);
        let digest = blob().to_string().replace(':', "%3A");
        assert_eq!(registry.asked(), [format!("POST /v2/a/b/blobs/uploads/?mount={digest}&from=c%2Fd")]);
    }
}

#[tokio::test]
async fn a_mount_names_its_source_with_the_prefix_of_the_registry() {
    let registry = Scripted::start(|_, _| answer("201 Created", &[], b"")).await;
    let mut endpoint = anonymous(&registry).endpoint;
    endpoint.prefix = "p".to_owned();
    let repository =
        super::client([(endpoint.host.clone(), super::Login::Anonymous)]).repository(endpoint, "a/b", "x");
    repository.mount(&blob(), "c/d").await.unwrap();
    assert!(registry.asked()[0].ends_with("&from=p%2Fc%2Fd"), "{:?}", registry.asked());
}
