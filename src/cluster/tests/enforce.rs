//! Which constraints are moved, and what keeps them from it.

use super::*;
use crate::cluster::tests::status::template;
use crate::spec::Enforcement;

const CONSTRAINT: &str = "/apis/constraints.gatekeeper.sh/v1beta1/k8sblocklatesttag/block-latest-tag";

/// Installs a policy that warns; every pod of Gatekeeper has taken it up.
async fn installed() -> Fake {
    let fake = Fake::default();
    let constraint = json!({
        "apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "K8sBlockLatestTag",
        "metadata": {"name": "block-latest-tag"},
        "spec": {"enforcementAction": "warn", "match": {"excludedNamespaces": ["kube-system"]}},
    });
    _ = install(&fake, &set(template().into_iter().chain([constraint]).collect())).await.expect("installed");
    audit(&fake, json!({}));
    fake
}

/// Puts what Gatekeeper reports into the place of what it has reported.
fn audit(fake: &Fake, report: Value) {
    let mut state = fake.state();
    let constraint = state.objects.get_mut(CONSTRAINT).expect("it is installed");
    let uid = constraint["metadata"]["uid"].clone();
    constraint["status"] = report;
    constraint["status"]["byPod"] =
        json!([{"constraintUID": uid, "enforced": true, "operations": ["webhook"]}]);
    let fields =
        json!({"f:spec": {"f:enforcementAction": {}, "f:match": {".": {}, "f:excludedNamespaces": {}}}});
    let time = "2026-11-22T10:00:00Z";
    constraint["metadata"]["managedFields"] =
        json!([{"manager": "bundle", "operation": "Apply", "time": time, "fieldsV1": fields}]);
}

async fn enforce(fake: &Fake, options: EnforceOptions) -> Result<EnforceReport, EnforceError> {
    fake.state().writes.clear();
    fake.cluster().enforce(&options, &caller(), &Silent).await
}

fn to(action: Enforcement) -> EnforceOptions {
    EnforceOptions { action, ..EnforceOptions::default() }
}

#[tokio::test]
async fn deny_is_refused_while_the_audit_finds_violations_or_has_not_looked() {
    let fake = installed().await;
    let web = json!({"kind": "Pod", "namespace": "apps", "name": "web", "message": "uses :latest tag"});
    for (report, current, total) in [
        (json!({}), false, 0),
        (json!({"auditTimestamp": "2026-11-22T09:59:59Z"}), false, 0),
        (
            json!({"auditTimestamp": "2026-11-22T10:00:30Z", "totalViolations": 57, "violations": [web]}),
            true,
            57,
        ),
    ] {
        audit(&fake, report);
        let report = enforce(&fake, to(Enforcement::Deny)).await.expect("answered");
        let audit = &report.refused[0].audit;
        assert_eq!((audit.current, audit.total, report.moved.len()), (current, total, 0));
        assert_eq!(report.audit_every, Duration::from_secs(60));
        assert_eq!(fake.state().writes, Vec::<String>::new());
    }
}

#[tokio::test]
async fn only_the_action_of_a_constraint_changes() {
    let fake = installed().await;
    audit(&fake, json!({"auditTimestamp": "2026-11-22T10:00:30Z"}));
    // The API server in memory keeps no status of applied objects: no pod reports that the constraint is enforced.
    let error = enforce(&fake, to(Enforcement::Deny)).await.expect_err("not taken up");
    assert!(matches!(error, EnforceError::Cluster(ClusterError::NotReady { .. })), "{error}");
    let patch = format!("PATCH {CONSTRAINT}");
    assert_eq!(fake.state().writes.iter().filter(|write| **write == patch).count(), 1);
    let spec = fake.state().objects[CONSTRAINT]["spec"].clone();
    assert_eq!(spec, json!({"enforcementAction": "deny", "match": {"excludedNamespaces": ["kube-system"]}}));
}

#[tokio::test]
async fn a_constraint_with_the_action_is_not_written() {
    let fake = installed().await;
    let report = enforce(&fake, to(Enforcement::Warn)).await.expect("enforced");
    assert_eq!((report.kept.len(), report.moved.len()), (1, 0));
    assert_eq!(fake.state().writes, Vec::<String>::new());
}

#[tokio::test]
async fn only_constraints_of_the_bundle_are_touched() {
    let fake = installed().await;
    let options = EnforceOptions { policies: vec!["theirs".into()], ..to(Enforcement::Dryrun) };
    let error = enforce(&fake, options).await.expect_err("not ours");
    assert_eq!(error.to_string(), "the installed bundle has no policy `theirs`");
    assert_eq!(error.hint().as_deref(), Some("use one of: block-latest-tag"));
    fake.state().objects.get_mut(CONSTRAINT).expect("it is there")["metadata"]["uid"] = json!("another");
    let error = enforce(&fake, to(Enforcement::Dryrun)).await.expect_err("not the one");
    assert_eq!(
        error.to_string(),
        "k8sblocklatesttag block-latest-tag is not the installed object: it was deleted, or someone else recreated it"
    );
    assert_eq!(fake.state().writes, Vec::<String>::new());
}

#[tokio::test]
async fn without_an_install_nothing_is_enforced() {
    let error = enforce(&Fake::default(), to(Enforcement::Deny)).await.expect_err("nothing");
    assert_eq!(error.to_string(), "nothing is installed in the cluster at `https://fake`");
    assert!(error.is_refusal());
}
