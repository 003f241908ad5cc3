//! What the cluster itself knows of an install: the revision, its ApplySet, what was rendered, and how far it came.

use super::*;

const SECRETS: &str = "/api/v1/namespaces/bundle-system/secrets/";

fn secrets(fake: &Fake) -> Vec<String> {
    fake.state().objects.keys().filter_map(|path| path.strip_prefix(SECRETS)).map(str::to_owned).collect()
}

async fn inventory(fake: &Fake) -> Inventory {
    fake.cluster().inventory().await.expect("readable").expect("written")
}

#[tokio::test]
async fn the_revision_says_when_and_by_whom() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings")]));
    fake.state().user = Some("system:admin".into());
    let _ = install(&fake, &set).await.expect("installed");
    let changed = inventory(&fake).await.changed;
    assert!(changed.at.starts_with("2026-11-22T00:00:"), "{changed:?}");
    assert_eq!(changed.by, "system:admin");
}

#[tokio::test]
async fn a_user_that_cannot_be_asked_for_is_unknown() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings")]));
    let _ = install(&fake, &set).await.expect("installed");
    assert_eq!(inventory(&fake).await.changed.by, "unknown");
}

#[tokio::test]
async fn the_inventory_is_the_parent_of_an_apply_set() {
    let fake = Fake::default();
    fake.put(SETTINGS, settings("settings"));
    let _ = install(&fake, &set(vec![settings("settings"), settings("new"), widgets()]))
        .await
        .expect("installed");
    let state = fake.state();
    let metadata = &state.objects[REVISION]["metadata"];
    let id = &metadata["labels"]["applyset.kubernetes.io/id"];
    assert_snapshot!(format!("{:#}", json!({"labels": metadata["labels"], "annotations": metadata["annotations"]})), @r#"
    {
      "labels": {
        "app.kubernetes.io/managed-by": "bundle",
        "applyset.kubernetes.io/id": "applyset-SwhJKUwaaz_yYsJTFRHVBM845hMo4Q0vPB1A8AT0NVk-v1"
      },
      "annotations": {
        "applyset.kubernetes.io/tooling": "bundle/v0.1.0",
        "applyset.kubernetes.io/contains-group-kinds": "ConfigMap,CustomResourceDefinition.apiextensions.k8s.io",
        "applyset.kubernetes.io/additional-namespaces": "lumen"
      }
    }
    "#);
    let labels = |path: &str| state.objects[path].pointer("/metadata/labels").cloned();
    let member = json!({"app.kubernetes.io/managed-by": "bundle", "applyset.kubernetes.io/part-of": id});
    assert_eq!(labels(&SETTINGS.replace("settings", "new")), Some(member.clone()));
    assert_eq!(labels(WIDGETS), Some(member));
    assert_eq!(labels(SETTINGS), None, "it was there before");
}

#[tokio::test]
async fn an_object_without_our_labels_gets_them_again() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings")]));
    let _ = install(&fake, &set).await.expect("installed");
    if let Some(object) = fake.state().objects.get_mut(SETTINGS) {
        object["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "bundle"});
        object["metadata"]["managedFields"] = json!([]);
    }
    let _ = install(&fake, &set).await.expect("installed again");
    let part_of =
        fake.state().objects[SETTINGS]["metadata"]["labels"]["applyset.kubernetes.io/part-of"].clone();
    assert!(part_of.is_string(), "{part_of}");
}

#[tokio::test]
async fn what_was_applied_is_recorded_and_what_is_not_needed_goes() {
    let fake = Fake::default();
    let sets = [set(vec![settings("a")]), set(vec![settings("b")]), set(vec![settings("c")])];
    for (version, set) in ["1", "2", "3"].iter().zip(&sets) {
        let _ = install_version(&fake, set, version).await.expect("installed");
    }
    let inventory = inventory(&fake).await;
    let previous = inventory.previous.clone().expect("there was one");
    assert_eq!(previous.revision, revision("2"));
    let mut named = vec![inventory.set.expect("recorded"), previous.set];
    named.sort();
    assert_eq!(secrets(&fake), named);
    let recorded = fake.cluster().recorded().await.expect("readable").expect("recorded");
    assert_eq!((recorded.platform, recorded.databases.len()), (Platform::K3s, 0));
    assert_eq!(recorded, sets[2]);
    let _ = uninstall(&fake).await;
    assert_eq!(secrets(&fake), Vec::<String>::new());
}

#[tokio::test]
async fn a_missing_record_is_created_again() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings")]));
    let _ = install(&fake, &set).await.expect("installed");
    let name = secrets(&fake).pop().expect("recorded");
    fake.state().objects.remove(&format!("{SECRETS}{name}"));
    assert_snapshot!(refusal(fake.cluster().recorded().await), @r"
    failed to read the recorded set `secret -n bundle-system bundle-set-d02723ac3d58`: it is missing
    hint: `kubectl delete secret -n bundle-system bundle-set-d02723ac3d58 --ignore-not-found`, then run `bundle install` with the wanted bundle: it records the set again
    refusal: false
    ");
    let report = install(&fake, &set).await.expect("installed again");
    assert!(report.written);
    assert_eq!(secrets(&fake), [name]);
}

#[tokio::test]
async fn a_failure_says_what_was_done_and_what_was_not() {
    let fake = Fake::default();
    let second = SETTINGS.replace("settings", "second");
    let third = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "third"}});
    fake.state().answers.insert(format!("PATCH {second}"), status(422, "Invalid", "data: Invalid value"));
    let mut set = set(vec![settings("settings")]);
    set.layers.push(layer("20-second", vec![third, settings("second")]));
    set.layers.push(layer("30-third", vec![settings("last")]));
    set.layers.push(layer("40-fourth", vec![]));
    let error = install(&fake, &set).await.expect_err("refused");
    let failure = error.failure().expect("it was begun");
    let (complete, failed) = (&failure.done.layers, failure.failed.as_ref().expect("a layer failed"));
    assert_eq!((complete.len(), complete[0].name.as_str()), (1, "10-lumen"));
    assert_eq!((failed.name.as_str(), names(&failed.created)), ("20-second", vec!["namespace third".into()]));
    assert_eq!(failure.remaining, ["30-third", "40-fourth"]);
    assert!(error.cause().is_refusal());
    assert_eq!(failure.done.from, None);
}

#[tokio::test]
async fn events_tell_of_what_happened_to_the_revision() {
    let fake = Fake::default();
    let announce = async |notice| fake.cluster().announce(&notice, &caller(), &Silent).await;
    announce(Notice::Installed("nothing is there to tell it of".into())).await;
    assert_eq!(fake.state().writes, Vec::<String>::new());
    let _ = install(&fake, &set(vec![settings("settings")])).await.expect("installed");
    announce(Notice::InstallFailed("homelab 2: layer `10-x`:\n  not ready".into())).await;
    let state = fake.state();
    let events: Vec<_> = state.objects.iter().filter(|(path, _)| path.contains("/events/")).collect();
    let [(_, event)] = events.as_slice() else { panic!("{events:?}") };
    let object = &state.objects[REVISION];
    assert_eq!(event["involvedObject"]["uid"], object["metadata"]["uid"]);
    assert_eq!(event["reason"], "InstallFailed");
    assert_eq!(event["type"], "Warning");
    assert_eq!(event["message"], "homelab 2: layer `10-x`:   not ready");
    assert_eq!(event["reportingComponent"], "bundle");
}
