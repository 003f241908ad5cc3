//! Disks that do not answer, or say that they cannot.

use std::sync::{Condvar, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::limits::Log;
use super::*;
use crate::report::Event;
use crate::store::BlobSource;

/// More than are read at once.
const PULLS: usize = 40;

/// A disk that answers when the test lets it.
#[derive(Default)]
struct Stuck {
    memory: Memory,
    answers: Mutex<bool>,
    told: Condvar,
}

impl Stuck {
    fn answer(&self) {
        *self.answers.lock().unwrap() = true;
        self.told.notify_all();
    }
}

impl BlobSource for Stuck {
    fn size(&self, digest: &Digest) -> Option<u64> {
        self.memory.size(digest)
    }

    fn read_exact_at(&self, digest: &Digest, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
        let _told = self.told.wait_while(self.answers.lock().unwrap(), |answers| !*answers).unwrap();
        self.memory.read_exact_at(digest, offset, buffer)
    }
}

fn catalog(digest: Digest) -> (Catalog, Manifest) {
    let (mut catalog, image) = (Catalog::default(), manifest("image", None));
    catalog.add("a/b", Some("1"), image.clone());
    catalog.add_blob("a/b", digest);
    (catalog, image)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_disk_that_does_not_answer_delays_only_requests_for_blobs() {
    let disk = Arc::new(Stuck::default());
    let content: Bytes = vec![7; 1_000_000].into();
    let digest = disk.memory.insert(content.clone());
    let ((catalog, image), (sender, mut log)) = (catalog(digest), mpsc::unbounded_channel());
    let registry = Registry::reporting(catalog, disk.clone(), Arc::new(Log(sender)));
    let running = registry.spawn().await.unwrap();
    let url = address(&running, &format!("blobs/{digest}"));
    let begun = (0..PULLS).map(|_| http().get(&url).send());
    let begun = futures_util::future::try_join_all(begun).await.unwrap();
    let part = tokio::spawn(http().get(&url).header("range", "bytes=0-1").send());
    let answer = http().get(address(&running, "manifests/1")).send().await.unwrap();
    assert_eq!(answer.bytes().await.unwrap(), image.bytes);
    assert_eq!(http().head(&url).send().await.unwrap().status().as_u16(), 200);
    let Some(Event::Step(line)) = log.recv().await else { panic!("a line") };
    assert!(line.starts_with("GET /v2/a/b/manifests/1 200 "), "the log continues: {line}");
    disk.answer();
    for answer in begun {
        assert_eq!(answer.bytes().await.unwrap(), content);
    }
    assert_eq!(part.await.unwrap().unwrap().status().as_u16(), 206);
}

#[tokio::test]
async fn a_disk_that_does_not_answer_does_not_hold_up_the_stop() {
    let disk = Arc::new(Stuck::default());
    let digest = disk.memory.insert(Bytes::from_static(BLOB));
    let registry = Registry::read_only(catalog(digest).0, disk.clone());
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/v2/a/b/blobs/{digest}", listener.local_addr().unwrap());
    let limits = Limits { grace: Duration::from_millis(50), ..Limits::default() };
    let (stop, stopped) = oneshot::channel::<()>();
    let listening = Listening { limits, ..Listening::default() };
    let server = tokio::spawn(registry.listen(listener, listening, async { stopped.await.unwrap() }));
    let begun = http().get(url).send().await.unwrap();
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert!(begun.bytes().await.is_err());
    disk.answer();
}

/// A disk that fails.
struct Broken;

impl BlobSource for Broken {
    fn size(&self, _: &Digest) -> Option<u64> {
        Some(BLOB.len() as u64)
    }

    fn read_exact_at(&self, _: &Digest, _: u64, _: &mut [u8]) -> std::io::Result<()> {
        Err(std::io::Error::other("the disk is gone"))
    }
}

#[tokio::test]
async fn a_blob_that_cannot_be_read_is_reported_and_no_answer_is_whole() {
    let (digest, (sender, mut log)) = (Digest::of(BLOB), mpsc::unbounded_channel());
    let registry = Registry::reporting(catalog(digest).0, Arc::new(Broken), Arc::new(Log(sender)));
    let running = registry.spawn().await.unwrap();
    let url = address(&running, &format!("blobs/{digest}"));
    assert!(http().get(&url).send().await.unwrap().bytes().await.is_err());
    let part = http().get(&url).header("range", "bytes=0-1").send().await.unwrap();
    assert_eq!(part.status().as_u16(), 500);
    drop(running);
    let (mut warned, mut seen) = (Vec::new(), 0);
    while let Some(event) = log.recv().await {
        seen += 1;
        warned.extend(if let Event::Warning(text) = event { Some(text) } else { None });
    }
    let text = format!("blob `{digest}` cannot be read: the disk is gone");
    assert_eq!((seen, warned), (4, vec![text.clone(), text]));
}
