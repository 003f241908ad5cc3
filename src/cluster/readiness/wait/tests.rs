//! What is asked of an API server in memory while something is waited for.

mod time_outs;

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::cluster::api::fake::{Fake, status};
use crate::cluster::api::pace::Pace;
use crate::cluster::readiness::wait::session::Wait;
use crate::report::Silent;

const LONG: Duration = Duration::from_secs(3600);

fn id(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> ObjectId {
    let resource = format!("{}s", kind.to_lowercase());
    let namespace = namespace.map(str::to_owned);
    ObjectId { api_version: api_version.into(), kind: kind.into(), resource, namespace, name: name.into() }
}

/// Waits for objects.
async fn until(
    fake: &Fake,
    conditions: &[Condition],
    ids: &[ObjectId],
    limit: Duration,
) -> Result<(), ClusterError> {
    let cluster = fake.cluster();
    let wait = Wait { api: &cluster.api, layer: "10-lumen", reporter: &Silent };
    wait.until(conditions, ids.iter(), &mut Pace::within(limit)).await
}

fn daemon_set(id: &ObjectId, ready: u32) -> Value {
    json!({
        "apiVersion": id.api_version, "kind": id.kind, "metadata": {"name": id.name, "namespace": id.namespace},
        "spec": {"selector": {"matchLabels": {"app": id.name}}},
        "status": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": ready},
    })
}

fn daemon_sets(fake: &Fake, ready: u32) -> Vec<ObjectId> {
    let places = [("lumen", "a"), ("lumen", "b"), ("falco", "c")];
    let ids = places.map(|(namespace, name)| id("apps/v1", "DaemonSet", Some(namespace), name)).to_vec();
    ids.iter().for_each(|id| fake.put(&id.path(), daemon_set(id, ready)));
    ids
}

fn watches(fake: &Fake) -> Vec<String> {
    let state = fake.state();
    let watches = state.asked.iter().filter(|request| request.contains("watch=true"));
    watches.map(|request| request.split('?').next().unwrap_or_default().to_owned()).collect()
}

/// Returns how often an object was asked for.
fn looks(fake: &Fake, id: &ObjectId) -> usize {
    let request = format!("GET {}", id.path());
    fake.state().asked.iter().filter(|asked| **asked == request).count()
}

const ROLLOUTS: &[Condition] = &[Condition::RolloutsComplete];

#[tokio::test]
async fn what_is_ready_is_asked_for_once_and_not_watched() {
    let fake = Fake::default();
    let ids = daemon_sets(&fake, 2);
    until(&fake, ROLLOUTS, &ids, LONG).await.expect("ready");
    let expected: Vec<_> = ids.iter().map(|id| format!("GET {}", id.path())).collect();
    assert_eq!(fake.state().asked, expected);
}

#[tokio::test]
async fn one_watch_tells_of_every_object_of_a_kind() {
    let fake = Fake::default();
    let ids = daemon_sets(&fake, 0);
    let others_work = async {
        for ready in [1, 2] {
            fake.watched().await;
            ids.iter().for_each(|id| fake.change(&id.path(), daemon_set(id, ready)));
        }
    };
    tokio::join!(others_work, async { until(&fake, ROLLOUTS, &ids, LONG).await.expect("ready") });
    assert_eq!(watches(&fake), ["GET /apis/apps/v1/daemonsets"]);
    assert!(looks(&fake, &ids[0]) <= 2, "before the watch, and once behind its beginning");
}

#[tokio::test]
async fn a_single_object_is_watched_by_its_name() {
    let fake = Fake::default();
    let ids = &daemon_sets(&fake, 0)[..1];
    let others_work = async {
        fake.watched().await;
        fake.change(&ids[0].path(), daemon_set(&ids[0], 2));
    };
    tokio::join!(others_work, async { until(&fake, ROLLOUTS, ids, LONG).await.expect("ready") });
    let state = fake.state();
    let watch = state.asked.iter().find(|request| request.contains("watch=true")).expect("a watch");
    assert!(watch.starts_with("GET /apis/apps/v1/namespaces/lumen/daemonsets?"), "{watch}");
    assert!(watch.contains("&fieldSelector=metadata.name%3Da"), "{watch}");
}

#[tokio::test]
async fn where_a_watch_is_refused_its_kind_is_asked_for_again() {
    for (code, tries) in [(403, 1..2), (405, 1..2), (503, 2..20)] {
        let fake = Fake::default();
        let ids = daemon_sets(&fake, 0);
        let refusal = status(code, "Forbidden", "no watch for you");
        fake.state().answers.insert("WATCH /apis/apps/v1/daemonsets".into(), refusal);
        let others_work = async {
            while looks(&fake, &ids[0]) < 4 {
                tokio::task::yield_now().await;
            }
            ids.iter().for_each(|id| fake.put(&id.path(), daemon_set(id, 2)));
        };
        tokio::join!(others_work, async { until(&fake, ROLLOUTS, &ids, LONG).await.expect("ready") });
        assert!(tries.contains(&watches(&fake).len()), "{code}: {:?}", watches(&fake));
    }
}

#[tokio::test]
async fn a_watch_that_lost_its_place_restarts_and_misses_nothing() {
    let fake = Fake::default();
    let ids = daemon_sets(&fake, 0);
    let others_work = async {
        fake.watched().await;
        fake.end_watches();
        ids.iter().for_each(|id| fake.put(&id.path(), daemon_set(id, 2)));
    };
    tokio::join!(others_work, async { until(&fake, ROLLOUTS, &ids, LONG).await.expect("ready") });
    assert!(watches(&fake).len() <= 2);
}

#[tokio::test]
async fn a_job_that_has_failed_ends_the_wait_at_once() {
    let (fake, job) = (Fake::default(), id("batch/v1", "Job", Some("lumen"), "import"));
    let conditions = json!([{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}]);
    fake.put(&job.path(), json!({"status": {"conditions": conditions}}));
    let error = until(&fake, &[Condition::JobsComplete], &[job], LONG).await.expect_err("failed");
    assert!(error.to_string().contains("it failed: BackoffLimitExceeded: too often"), "{error}");
}

/// Puts a thousand pods of a daemon set; returns how many lists of pods it took to explain it.
async fn lists_for_a_thousand_pods(failing: Option<usize>) -> (usize, String) {
    let (fake, ids) = (Fake::default(), [id("apps/v1", "DaemonSet", Some("lumen"), "a")]);
    fake.put(&ids[0].path(), daemon_set(&ids[0], 1));
    for number in 0..1000 {
        let reason = if failing == Some(number) { "ErrImagePull" } else { "ContainerCreating" };
        let waiting = json!({"name": "a", "image": "i", "state": {"waiting": {"reason": reason, "message": "no such image"}}});
        let pod = json!({"metadata": {"name": format!("a-{number:04}"), "labels": {"app": "a"}},
            "status": {"phase": "Pending", "containerStatuses": [waiting]}});
        fake.put(&format!("/api/v1/namespaces/lumen/pods/a-{number:04}"), pod);
    }
    let health = fake.cluster().health(ROLLOUTS, &ids).await.expect("answered");
    let lists = fake.state().asked.iter().filter(|request| request.contains("/pods?limit=")).count();
    (lists, health[0].1.clone())
}

#[tokio::test]
async fn of_a_thousand_pods_no_more_are_read_than_it_takes() {
    let (lists, words) = lists_for_a_thousand_pods(Some(3)).await;
    assert_eq!(words, "1 of 2 ready: image pull failed: `i`: ErrImagePull: no such image (pod a-0003)");
    assert_eq!(lists, 1);
    let (lists, words) = lists_for_a_thousand_pods(None).await;
    assert_eq!(words, "1 of 2 ready: phase Pending (pod a-0000)");
    assert_eq!(lists, 11, "ten pages of those that do not run, one of those that do");
}
