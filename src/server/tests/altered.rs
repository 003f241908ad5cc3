//! Blobs whose bytes are not what their digest says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::report::Event;
use crate::report::Reporter;
use crate::store::BlobSource;

/// A source whose bytes are not what their digest says.
struct Altered;

impl BlobSource for Altered {
    fn size(&self, _: &Digest) -> Option<u64> {
        Some(600_000)
    }

    fn read_exact_at(&self, _: &Digest, _: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        buffer.fill(b'x');
        Ok(())
    }
}

/// Notes the warnings.
#[derive(Default)]
struct Notes(Mutex<Vec<Event>>);

impl Reporter for Notes {
    fn event(&self, event: Event) {
        if matches!(event, Event::Warning(_)) {
            self.0.lock().unwrap().push(event);
        }
    }
}

async fn altered() -> (Running, Digest, Arc<Notes>) {
    let (mut catalog, digest, notes) = (Catalog::default(), Digest::of(b"what it was"), Arc::default());
    catalog.add_blob("a/b", digest);
    let registry = Registry::reporting(catalog, Arc::new(Altered), Arc::clone(&notes) as Arc<dyn Reporter>);
    (registry.spawn().await.unwrap(), digest, notes)
}

#[tokio::test]
async fn the_last_piece_of_an_altered_blob_is_withheld() {
    let (running, digest, _) = altered().await;
    let mut answer = http().get(address(&running, &format!("blobs/{digest}"))).send().await.unwrap();
    assert_eq!(answer.content_length(), Some(600_000));
    let mut taken = 0;
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(piece)) => taken += piece.len(),
            ended => break ended.is_err(),
        }
    };
    assert!(broken && taken < 600_000, "{taken} bytes");
    assert_eq!(taken % (32 * 1024), 0, "what is left is less than a piece, and withheld");
}

#[tokio::test]
async fn an_altered_blob_is_reported_once_and_not_served_again() {
    let (running, digest, notes) = altered().await;
    let url = address(&running, &format!("blobs/{digest}"));
    let first = http().get(&url).send().await.unwrap();
    assert_eq!(first.status().as_u16(), 200);
    assert!(first.bytes().await.is_err());
    let text = format!("blob `{digest}` was altered: it does not match its digest");
    for request in [http().get(&url), http().get(&url).header("range", "bytes=0-1"), http().head(&url)] {
        let again = request.send().await.unwrap();
        assert_eq!(again.status().as_u16(), 410);
        let said = again.text().await.unwrap();
        assert!(said.is_empty() || said.contains(&text), "{said}");
    }
    let expected = [Event::Warning(format!("{text} and is no longer served; restart with a good copy"))];
    assert_eq!(*notes.0.lock().unwrap(), expected);
}

#[tokio::test]
async fn no_part_of_an_altered_blob_leaves() {
    let (running, digest, notes) = altered().await;
    let part = http().get(address(&running, &format!("blobs/{digest}"))).header("range", "bytes=0-1");
    assert_eq!(part.send().await.unwrap().status().as_u16(), 410);
    assert_eq!(notes.0.lock().unwrap().len(), 1);
}

/// A good source that counts the bytes that are read.
struct Counted(Memory, AtomicUsize);

impl BlobSource for Counted {
    fn size(&self, digest: &Digest) -> Option<u64> {
        self.0.size(digest)
    }

    fn read_exact_at(&self, digest: &Digest, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        self.1.fetch_add(buffer.len(), Ordering::Relaxed);
        self.0.read_exact_at(digest, offset, buffer)
    }
}

#[tokio::test]
async fn before_its_first_part_leaves_a_blob_is_hashed_once() {
    let (mut catalog, source) = (Catalog::default(), Arc::new(Counted(Memory::default(), 0.into())));
    let digest = source.0.insert(Bytes::from_static(BLOB));
    catalog.add_blob("a/b", digest);
    let running = Registry::read_only(catalog, source.clone()).spawn().await.unwrap();
    let url = address(&running, &format!("blobs/{digest}"));
    let part = || async {
        let answer = http().get(&url).header("range", "bytes=0-1").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (206, "01".to_owned()));
    };
    futures_util::future::join_all([part(), part(), part()]).await;
    assert_eq!(source.1.load(Ordering::Relaxed), BLOB.len() + 3 * 2);
}
