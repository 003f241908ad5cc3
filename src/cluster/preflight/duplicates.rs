//! Another Gatekeeper, Falco or Trivy Operator in the same cluster: two of them judge, watch or scan everything twice.

use serde_json::Value;

use super::query::{Query, unless_refused};
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::together;
use crate::cluster::objects::json::{list, text};
use crate::report::Finding;

/// A program that there should be one of, and how all its installs can be told.
struct Program {
    name: &'static str,
    /// Where its main workloads are listed.
    workloads: &'static str,
    kind: &'static str,
    /// A label that its workloads have, in upstream's manifests and charts alike.
    label: (&'static str, &'static str),
}

const PROGRAMS: [Program; 3] = [
    Program {
        name: "Gatekeeper",
        workloads: "/apis/apps/v1/deployments",
        kind: "Deployment",
        label: ("gatekeeper.sh/system", "yes"),
    },
    Program {
        name: "Falco",
        workloads: "/apis/apps/v1/daemonsets",
        kind: "DaemonSet",
        label: ("app.kubernetes.io/name", "falco"),
    },
    Program {
        name: "Trivy Operator",
        workloads: "/apis/apps/v1/deployments",
        kind: "Deployment",
        label: ("app.kubernetes.io/name", "trivy-operator"),
    },
];

const WEBHOOKS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/// Looks for others of what the objects bring.
pub(super) async fn ask(query: Query<'_>) -> Result<Vec<Finding>, ClusterError> {
    let objects: Vec<&Value> = query.objects().map(|object| object.value).collect();
    let ours = PROGRAMS.iter().filter(|program| program.is_among(&objects));
    let others = together(ours.map(|program| program.others(query, &objects))).await?;
    let mut findings: Vec<_> = others.into_iter().flatten().collect();
    findings.extend(webhooks(query, &objects).await?);
    Ok(findings)
}

impl Program {
    fn is_among(&self, objects: &[&Value]) -> bool {
        objects.iter().any(|object| text(object, "/kind") == self.kind && self.is_labelled(object))
    }

    fn is_labelled(&self, object: &Value) -> bool {
        let (key, value) = self.label;
        object.pointer("/metadata/labels").and_then(|labels| labels.get(key)).and_then(Value::as_str)
            == Some(value)
    }

    async fn others(&self, query: Query<'_>, objects: &[&Value]) -> Result<Option<Finding>, ClusterError> {
        let (key, value) = self.label;
        let mut others = Vec::new();
        let keep = |live: &Value| {
            let place = place(live);
            if !objects
                .iter()
                .any(|object| text(object, "/kind") == self.kind && self::place(object) == place)
            {
                others.push(format!("{} `{place}`", self.kind.to_lowercase()));
            }
            None::<()>
        };
        // A missing right to list is among the findings of the rights.
        let listed = query.api.find_selected(self.workloads, (&format!("{key}={value}"), ""), keep).await;
        let _ = unless_refused(listed)?;
        Ok((!others.is_empty()).then(|| self.finding(&others)))
    }

    fn finding(&self, others: &[String]) -> Finding {
        Finding::warning(self.name, format!("another one exists: {}", others.join(", ")))
            .expected("one per cluster")
            .hint("remove the other one, or leave the component out of the bundle's spec")
    }
}

/// Finds webhooks that call a Gatekeeper in another namespace than ours.
async fn webhooks(query: Query<'_>, objects: &[&Value]) -> Result<Option<Finding>, ClusterError> {
    let ours = objects.iter().flat_map(|object| services(object)).collect::<Vec<_>>();
    if !ours.iter().any(|service| is_of_gatekeeper(service)) {
        return Ok(None);
    }
    let mut others = Vec::new();
    let keep = |live: &Value| {
        let theirs = services(live).into_iter().filter(|one| is_of_gatekeeper(one) && !ours.contains(one));
        others.extend(theirs.map(|service| format!("`{}` calls `{service}`", text(live, "/metadata/name"))));
        None::<()>
    };
    let _ = unless_refused(query.api.find_selected(WEBHOOKS, ("", ""), keep).await)?;
    others.dedup();
    Ok((!others.is_empty()).then(|| {
        Finding::warning("Gatekeeper's webhook", format!("another Gatekeeper has one: {}", others.join(", ")))
            .expected("one Gatekeeper per cluster")
            .hint("remove the other one: both would check every request, each against its own policies")
    }))
}

fn is_of_gatekeeper(service: &str) -> bool {
    service.ends_with("/gatekeeper-webhook-service")
}

/// Returns the services that a webhook configuration calls, as `namespace/name`.
fn services(configuration: &Value) -> Vec<String> {
    let webhooks = list(configuration, "/webhooks").iter();
    let service = |webhook: &Value| {
        let [namespace, name] = ["namespace", "name"]
            .map(|field| text(webhook, &format!("/clientConfig/service/{field}")).to_owned());
        (!name.is_empty()).then(|| format!("{namespace}/{name}"))
    };
    webhooks.filter_map(service).collect()
}

fn place(object: &Value) -> String {
    format!("{}/{}", text(object, "/metadata/namespace"), text(object, "/metadata/name"))
}
