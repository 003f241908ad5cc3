//! Two installs at once: the second one names the first, and a dead one blocks no other.

use std::sync::Mutex;

use super::*;
use crate::report::{Event, Reporter};

const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/bundle-system/leases/bundle-install";

/// Keeps the reported waits.
#[derive(Default)]
struct Waits(Mutex<Vec<String>>);

impl Reporter for Waits {
    fn event(&self, event: Event) {
        if let Event::Waiting(words) = event {
            self.0.lock().expect("no test panics with it").push(words);
        }
    }
}

/// Puts the Lease of another run, which expires after a second.
fn put_lease(fake: &Fake, holder: &str) {
    let spec = json!({
        "holderIdentity": holder, "leaseDurationSeconds": 1, "leaseTransitions": 2,
        "acquireTime": "2026-11-22T08:00:00.000000Z", "renewTime": "2026-11-22T08:03:20.000000Z",
    });
    fake.put(
        LEASE,
        json!({"kind": "Lease", "metadata": {"name": "bundle-install", "namespace": "bundle-system"}, "spec": spec}),
    );
}

#[tokio::test]
async fn a_second_install_names_the_holder() {
    let (fake, waits) = (Fake::default(), Waits::default());
    put_lease(&fake, "admin#0a\u{1b}");
    fake.state().alive.push(LEASE.into());
    let set = set(vec![settings("settings")]);
    let installed =
        fake.cluster().install(&set, &revision("1"), &ApplyOptions::default(), &caller(), &waits).await;
    assert_snapshot!(refusal(installed), @r"
    `admin#0a ` is changing the installed objects, since 2026-11-22T08:00:00.000000Z
    hint: wait until that run ends; if it has died, its Lease expires 1 s after 2026-11-22T08:03:20.000000Z: then run the same command again
    refusal: true
    ");
    assert_eq!(*waits.0.lock().expect("unlocked"), ["whether another run is still active: admin#0a "]);
    assert!(!fake.state().objects.contains_key(SETTINGS));
    assert!(!fake.state().objects.contains_key(REVISION));
    assert_eq!(fake.state().objects[LEASE]["spec"]["holderIdentity"], "admin#0a\u{1b}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_would_only_wait_is_refused_at_once_while_another_holds_the_lease() {
    let fake = Fake::default();
    let mut set = set(vec![json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "audit", "namespace": "lumen"}, "spec": {"replicas": 1}, "status": {"updatedReplicas": 1}})]);
    set.layers[0].wait_for = vec![Condition::RolloutsComplete];
    let stopped = install(&fake, &set).await.expect_err("it is never ready");
    assert!(stopped.failure().is_some(), "{stopped}");
    put_lease(&fake, "admin#0a");
    fake.state().alive.push(LEASE.into());
    let refused = install(&fake, &set).await.expect_err("held");
    assert!(
        matches!(refused.cause(), ClusterError::Held { holder, .. } if holder == "admin#0a"),
        "{refused}"
    );
}

#[tokio::test]
async fn an_uninstall_waits_its_turn_too() {
    let fake = Fake::default();
    let _ = install(&fake, &set(vec![settings("settings")])).await.expect("installed");
    put_lease(&fake, "admin#0a");
    fake.state().alive.push(LEASE.into());
    let refused =
        fake.cluster().uninstall(&WithContents::default(), &caller(), &Silent).await.expect_err("held");
    assert!(matches!(&refused, ClusterError::Held { holder, .. } if holder == "admin#0a"), "{refused}");
    assert!(fake.state().objects.contains_key(SETTINGS));
}

#[tokio::test]
async fn a_holder_that_has_ended_on_this_machine_is_not_waited_for() {
    let (fake, waits) = (Fake::default(), Waits::default());
    put_lease(&fake, "admin#8e");
    let set = set(vec![settings("settings")]);
    let _ = fake
        .cluster()
        .install(&set, &revision("1"), &ApplyOptions::default(), &caller(), &waits)
        .await
        .expect("installed");
    assert_eq!(*waits.0.lock().expect("unlocked"), Vec::<String>::new());
}

#[tokio::test]
async fn a_dead_holders_lease_is_taken_over() {
    let fake = Fake::default();
    put_lease(&fake, "admin#0a");
    let report = install(&fake, &set(vec![settings("settings")])).await.expect("installed");
    assert_eq!(report.created(), 1);
    assert!(fake.state().writes.contains(&format!("PUT {LEASE}")));
    assert!(!fake.state().objects.contains_key(LEASE), "it is given back");
}

#[tokio::test]
async fn a_lease_that_was_given_back_is_taken_at_once() {
    let fake = Fake::default();
    put_lease(&fake, "");
    let waits = Waits::default();
    let set = set(vec![settings("settings")]);
    let installed =
        fake.cluster().install(&set, &revision("1"), &ApplyOptions::default(), &caller(), &waits).await;
    assert_eq!(installed.expect("installed").created(), 1);
    assert_eq!(*waits.0.lock().expect("unlocked"), Vec::<String>::new());
}

#[tokio::test]
async fn the_lease_is_given_back_when_an_install_fails() {
    let fake = Fake::default();
    fake.state().answers.insert(format!("PATCH {SETTINGS}"), status(422, "Invalid", "data: Invalid value"));
    let refused = install(&fake, &set(vec![settings("settings")])).await.expect_err("refused");
    assert!(refused.failure().is_some(), "{refused}");
    assert!(fake.state().writes.iter().any(|write| write.ends_with("/leases")));
    assert!(!fake.state().objects.contains_key(LEASE));
}

#[tokio::test]
async fn changes_before_the_lease_was_taken_are_not_overwritten() {
    let fake = Fake::default();
    let _ = install(&fake, &set(vec![settings("settings")])).await.expect("installed");
    let other = Caller::starting(1_795_305_700, "80".into(), |_| false);
    let cluster = fake.cluster();
    let lease = super::super::record::lease::Lease::new(&cluster.api, &other, &Silent);
    let packed =
        super::super::record::rendered_set::PackedSet::of(&set(vec![settings("new")])).expect("it fits");
    let next = revision("2");
    let mut ledger = super::super::install::ledger::Ledger::open(&cluster.api, &next, &packed, &[])
        .await
        .expect("readable");
    fake.state().objects.get_mut(REVISION).expect("written")["data"]["at"] = json!("2026-11-22T09:00:00Z");
    let finished = ledger.finish(&lease, &[], &RemovalReport::default()).await;
    assert_snapshot!(refusal(finished), @r"
    another run changed the installed objects at the same time
    hint: run the same command again
    refusal: true
    ");
}
