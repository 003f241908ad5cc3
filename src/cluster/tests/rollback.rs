//! Rollbacks: to the revision that was complete before, or to nothing.

use super::*;

/// Asks for the target of a rollback, fails to install, and rolls back.
async fn fail_and_go_back(fake: &Fake, set: &ObjectSet, version: &str) -> Result<Rollback, ClusterError> {
    let rollback_target = fake.cluster().rollback_target(set, &revision(version)).await.expect("readable");
    let error = install_version(fake, set, version).await.expect_err("it must not work");
    assert!(error.failure().is_some(), "{error}");
    fake.cluster().roll_back(&rollback_target, &ApplyOptions::default(), &caller(), &Silent).await
}

fn refuse(fake: &Fake, name: &str) {
    let path = SETTINGS.replace("settings", name);
    fake.state().answers.insert(format!("PATCH {path}"), status(422, "Invalid", "data: Invalid value"));
}

/// Returns the objects, without the fields that change with every write.
fn contents(fake: &Fake) -> Vec<(String, Value)> {
    let content = |(path, object): (&String, &Value)| {
        (path.clone(), json!([object["metadata"]["labels"], object["data"]]))
    };
    let state = fake.state();
    state.objects.iter().filter(|(path, _)| !path.contains("bundle-system")).map(content).collect()
}

#[tokio::test]
async fn a_failed_upgrade_is_rolled_back() {
    let fake = Fake::default();
    let _ = install_version(&fake, &set(vec![settings("settings"), settings("old")]), "1")
        .await
        .expect("installed");
    let before = contents(&fake);
    let mut changed = settings("settings");
    changed["data"]["a"] = json!("changed");
    refuse(&fake, "second");
    let mut next = set(vec![changed, settings("new")]);
    next.layers.push(layer("20-second", vec![settings("second")]));
    let Ok(Rollback::To { revision: back, applied }) = fail_and_go_back(&fake, &next, "2").await else {
        panic!("it is rolled back")
    };
    assert_eq!(back, revision("1"));
    assert_eq!(applied.from, Some(revision("2")));
    assert_eq!(names(&applied.layers[0].changed), ["configmap lumen/settings"]);
    assert_eq!(names(&applied.pruned.deleted), ["configmap lumen/new"]);
    assert_eq!(contents(&fake), before);
    let inventory = fake.cluster().inventory().await.expect("readable").expect("written");
    assert_eq!((inventory.complete, inventory.revision), (true, revision("1")));
}

#[tokio::test]
async fn a_failed_first_install_is_removed_on_request() {
    let fake = Fake::default();
    fake.put("/api/v1/namespaces/default", json!({"kind": "Namespace", "metadata": {"name": "default"}}));
    let before = fake.state().objects.clone();
    refuse(&fake, "second");
    let set = set(vec![namespace(), settings("settings"), settings("second")]);
    let Ok(Rollback::TakenAway(report)) = fail_and_go_back(&fake, &set, "1").await else {
        panic!("it is removed")
    };
    assert_eq!(names(&report.removal.deleted), ["configmap lumen/settings", "namespace lumen"]);
    assert_eq!(fake.state().objects, before);
}

#[tokio::test]
async fn a_rollback_that_fails_says_why() {
    let fake = Fake::default();
    let _ = install_version(&fake, &set(vec![settings("settings")]), "1").await.expect("installed");
    refuse(&fake, "new");
    fake.state().answers.insert(
        "GET /api/v1/namespaces/lumen/configmaps/settings".into(),
        status(500, "InternalError", "etcd is gone"),
    );
    let rollback = fail_and_go_back(&fake, &set(vec![settings("new")]), "2").await;
    assert_snapshot!(refusal(rollback), @r"
    the API server answered 500 to `GET /api/v1/namespaces/lumen/configmaps/settings`: etcd is gone
    hint: 
    refusal: false
    ");
    let inventory = fake.cluster().inventory().await.expect("readable").expect("written");
    assert_eq!(
        (inventory.complete, inventory.previous.expect("the way back").revision),
        (false, revision("1"))
    );
}

#[tokio::test]
async fn the_rollback_target_survives_further_failed_attempts() {
    let fake = Fake::default();
    let _ = install_version(&fake, &set(vec![settings("settings")]), "1").await.expect("installed");
    refuse(&fake, "new");
    for version in ["2", "3"] {
        let next = set(vec![settings("new"), settings(version)]);
        let _ = install_version(&fake, &next, version).await.expect_err("refused");
    }
    let rollback = fail_and_go_back(&fake, &set(vec![settings("new")]), "4").await;
    assert!(
        matches!(&rollback, Ok(Rollback::To { revision: back, .. }) if *back == revision("1")),
        "{rollback:?}"
    );
}

#[tokio::test]
async fn reinstalling_the_complete_revision_has_no_rollback_target() {
    let fake = Fake::default();
    let _ = install_version(&fake, &set(vec![settings("settings")]), "1").await.expect("installed");
    fake.state().objects.remove(SETTINGS);
    refuse(&fake, "settings");
    let rollback = fail_and_go_back(&fake, &set(vec![settings("settings")]), "1").await;
    assert!(
        matches!(&rollback, Ok(Rollback::Nowhere(why)) if why == "the same revision was installed before"),
        "{rollback:?}"
    );
    assert!(fake.state().objects.contains_key(REVISION), "nothing is removed");
}
