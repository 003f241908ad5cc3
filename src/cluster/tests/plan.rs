//! An install does what its plan says, and planning changes nothing.

use super::*;

async fn plan(fake: &Fake, set: &ObjectSet) -> Plan {
    let writes = fake.state().writes.clone();
    let plan = fake.cluster().plan(set, &revision("1"), &ApplyOptions::default()).await.expect("a plan");
    assert_eq!(fake.state().writes, writes, "planning writes nothing");
    plan
}

/// Returns the writes that a plan announces: all but those of the inventory.
fn announced(plan: &Plan) -> Vec<String> {
    let applied = plan.objects().filter(|object| object.decision != Ok(Decision::Keep));
    let mut writes: Vec<String> = applied.map(|object| format!("PATCH {}", object.id.path())).collect();
    for removal in &plan.prune {
        match removal.fate {
            Fate::Delete => writes.push(format!("DELETE {}", removal.id.path())),
            Fate::Release => writes.push(format!("PATCH {}", removal.id.path())),
            Fate::Keep { .. } | Fate::Forget => {}
        }
    }
    writes.sort();
    writes
}

/// Plans, installs, and compares; returns the actions that were announced.
async fn agree(fake: &Fake, set: &ObjectSet) -> Vec<String> {
    let plan = plan(fake, set).await;
    fake.state().writes.clear();
    let _ = install(fake, set).await.expect("installed");
    let mut writes = std::mem::take(&mut fake.state().writes);
    writes.retain(|write| !write.contains("bundle-system"));
    writes.sort();
    assert_eq!(announced(&plan), writes);
    let words = |object: &PlannedObject| {
        let action = json!(object.decision.as_ref().expect("not refused"));
        format!("{} {}", action["action"].as_str().unwrap_or_default(), object.id)
    };
    let removed = |removal: &PlannedRemoval| format!("{:?} {}", removal.fate, removal.id);
    plan.objects().map(words).chain(plan.prune.iter().map(removed)).collect()
}

#[tokio::test]
async fn an_empty_cluster_gets_everything_and_then_nothing() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings"), namespace()]));
    assert_eq!(agree(&fake, &set).await, ["create namespace lumen", "create configmap lumen/settings"]);
    assert_eq!(agree(&fake, &set).await, ["keep namespace lumen", "keep configmap lumen/settings"]);
    assert!(plan(&fake, &set).await.is_empty());
}

#[tokio::test]
async fn what_drifted_is_announced_field_by_field() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings"), namespace()]));
    let _ = agree(&fake, &set).await;
    if let Some(object) = fake.state().objects.get_mut(SETTINGS) {
        object["data"]["a"] = json!("drifted");
        object["metadata"]["managedFields"] = json!([]);
    }
    let planned = plan(&fake, &set).await;
    let fields = planned.objects().filter_map(|object| match &object.decision {
        Ok(Decision::Change { fields }) => Some(fields.clone()),
        _ => None,
    });
    let fields = fields.flatten().collect::<Vec<_>>();
    assert_eq!(fields.len(), 1, "{fields:?}");
    assert_eq!((fields[0].path.as_str(), &fields[0].after), ("data.a", &Some(json!("b"))));
    assert_eq!(agree(&fake, &set).await, ["keep namespace lumen", "change configmap lumen/settings"]);
}

#[tokio::test]
async fn what_left_the_bundle_is_announced_with_its_fate() {
    let fake = Fake::default();
    fake.put(&SETTINGS.replace("settings", "theirs"), settings("theirs"));
    let all = set(vec![settings("settings"), settings("old"), settings("theirs"), widgets()]);
    let _ = agree(&fake, &all).await;
    let widget = json!({"kind": "Widget", "metadata": {"name": "w", "namespace": "default"}});
    fake.put("/apis/example.com/v1/widgets/w", widget);
    assert_eq!(
        agree(&fake, &set(vec![settings("settings")])).await,
        [
            "keep configmap lumen/settings",
            "Delete configmap lumen/old",
            "Release configmap lumen/theirs",
            "Keep { reason: \"it still has foreign instances: widget default/w\", held: true } customresourcedefinition widgets.example.com",
        ]
    );
}

#[tokio::test]
async fn a_kept_remainder_is_no_reason_to_install_again() {
    let fake = Fake::default();
    let _ = agree(&fake, &set(vec![settings("settings"), widgets()])).await;
    let widget = json!({"kind": "Widget", "metadata": {"name": "w", "namespace": "default"}});
    fake.put("/apis/example.com/v1/widgets/w", widget);
    let smaller = set(vec![settings("settings")]);
    let _ = agree(&fake, &smaller).await;
    let planned = plan(&fake, &smaller).await;
    assert_eq!(planned.prune.len(), 1);
    assert!(planned.is_empty());
}

#[tokio::test]
async fn what_would_be_refused_is_in_the_plan_with_its_words() {
    let fake = Fake::default();
    let _ = agree(&fake, &set(vec![settings("settings")])).await;
    let (code, body) = status(403, "Forbidden", "admission webhook \"w\" denied the request: no");
    fake.state().answers.insert(format!("PATCH {SETTINGS}"), (code, body));
    let mut changed = settings("settings");
    changed["data"]["a"] = json!("c");
    let planned = plan(&fake, &set(vec![changed])).await;
    let refused: Vec<_> = planned.refused().map(|(_, reason)| reason.to_owned()).collect();
    assert_eq!(
        refused,
        [
            "configmap lumen/settings (`10-lumen/objects.yaml`) is refused (403): admission webhook \"w\" denied the request: no"
        ]
    );
    assert!(!planned.is_empty());
}

#[tokio::test]
async fn another_version_with_the_same_objects_is_something_to_do() {
    let (fake, set) = (Fake::default(), set(vec![settings("settings")]));
    let _ = agree(&fake, &set).await;
    let next = Revision { version: "2".into(), ..revision("1") };
    let planned = fake.cluster().plan(&set, &next, &ApplyOptions::default()).await.expect("a plan");
    assert!(planned.records && !planned.is_empty());
    assert_eq!(planned.before, Some((revision("1"), true)));
}
