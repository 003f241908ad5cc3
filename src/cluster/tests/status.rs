//! The status names everything that is not in the installed state, and changes nothing.

use super::*;

const IGNORE: &str = "admission.gatekeeper.sh/ignore";

/// Returns the definition of Gatekeeper's templates, and a template.
pub(super) fn template() -> [Value; 2] {
    let mut definition = widgets();
    definition["metadata"]["name"] = json!("constrainttemplates.templates.gatekeeper.sh");
    definition["spec"]["group"] = json!("templates.gatekeeper.sh");
    definition["spec"]["scope"] = json!("Cluster");
    definition["spec"]["names"] = json!({"kind": "ConstraintTemplate", "plural": "constrainttemplates"});
    let template = json!({
        "apiVersion": "templates.gatekeeper.sh/v1", "kind": "ConstraintTemplate",
        "metadata": {"name": "k8sblocklatesttag"},
        "spec": {"crd": {"spec": {"names": {"kind": "K8sBlockLatestTag"}}}},
        "status": {"created": true},
    });
    [definition, template]
}

async fn reasons(fake: &Fake) -> Vec<String> {
    let writes = fake.state().writes.clone();
    let status = fake.cluster().status().await.expect("answered").expect("it is installed");
    assert_eq!(fake.state().writes, writes, "asking writes nothing");
    status.reasons()
}

#[tokio::test]
async fn where_nothing_is_installed_there_is_no_status() {
    assert_eq!(Fake::default().cluster().status().await.expect("answered"), None);
}

#[tokio::test]
async fn what_is_gone_and_what_is_another_is_named() {
    let fake = Fake::default();
    _ = install(&fake, &set(vec![namespace(), settings("settings"), settings("others")]))
        .await
        .expect("installed");
    assert_eq!(reasons(&fake).await, Vec::<String>::new());
    fake.state().objects.remove(SETTINGS);
    let others = SETTINGS.replace("settings", "others");
    if let Some(others) = fake.state().objects.get_mut(&others) {
        others["data"]["a"] = json!("c");
        others["metadata"]["managedFields"][0]["fieldsV1"] = json!("{}");
    }
    assert_eq!(
        reasons(&fake).await,
        [
            "configmap lumen/settings: it is missing",
            "configmap lumen/others: `data.a` is \"c\", installed was \"b\"",
        ]
    );
}

#[tokio::test]
async fn an_install_that_did_not_end_is_named() {
    let fake = Fake::default();
    fake.state().answers.insert(format!("PATCH {SETTINGS}"), status(403, "Forbidden", "no"));
    install(&fake, &set(vec![namespace(), settings("settings")])).await.expect_err("refused");
    fake.state().answers.clear();
    assert_eq!(
        reasons(&fake).await,
        [
            "the install of homelab 1 is not complete: run `bundle install` again",
            "configmap lumen/settings: it is missing"
        ]
    );
}

#[tokio::test]
async fn a_namespace_that_gatekeeper_ignores_is_named() {
    let fake = Fake::default();
    let mut exempt = namespace();
    exempt["metadata"] = json!({"name": "gatekeeper-system", "labels": {IGNORE: "no-self-managing"}});
    let objects = [exempt, namespace()].into_iter().chain(template()).collect();
    _ = install(&fake, &set(objects)).await.expect("installed");
    assert_eq!(reasons(&fake).await, Vec::<String>::new());
    let lumen = "/api/v1/namespaces/lumen";
    fake.state().objects.get_mut(lumen).expect("it is there")["metadata"]["labels"][IGNORE] = json!("");
    assert_eq!(
        reasons(&fake).await,
        ["namespace lumen: its label `admission.gatekeeper.sh/ignore` exempts it from Gatekeeper"]
    );
}

#[tokio::test]
async fn the_databases_of_a_bundle_are_recorded() {
    let fake = Fake::default();
    let created = "2026-11-01T00:00:00Z".to_owned();
    let databases =
        vec![crate::rendered::Database { reference: "ghcr.io/aquasecurity/trivy-db:2".into(), created }];
    let set = ObjectSet { databases: databases.clone(), ..set(vec![namespace()]) };
    _ = install(&fake, &set).await.expect("installed");
    let status = fake.cluster().status().await.expect("answered").expect("it is installed");
    assert_eq!(status.databases, databases);
}
