//! Tells whether a webhook can answer: its service must have a ready endpoint.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::is_path_segment;
use crate::cluster::objects::json::{list, text};
use crate::cluster::readiness::reason::{Cause, Reason};

/// Returns the first webhook of a configuration whose service has no ready endpoint.
///
/// # Errors
///
/// When the API server cannot be asked.
pub(in crate::cluster) async fn without_endpoint(
    api: &Api,
    configuration: &Value,
) -> Result<Option<Reason>, ClusterError> {
    let mut answered = BTreeSet::new();
    for (hook, namespace, service) in services(configuration) {
        if answered.insert((namespace, service)) && !has_endpoint(api, namespace, service).await? {
            let words = format!("webhook `{hook}`: service {namespace}/{service} has no ready endpoint");
            let (namespace, service) = (namespace.to_owned(), service.to_owned());
            return Ok(Some(Reason::new(Cause::Endpoint { namespace, service }, words)));
        }
    }
    Ok(None)
}

/// Returns webhook, namespace and service of the webhooks that are reached through one.
fn services(configuration: &Value) -> impl Iterator<Item = (&str, &str, &str)> {
    let of = |hook| {
        let place = ["/name", "/clientConfig/service/namespace", "/clientConfig/service/name"];
        let [hook, namespace, service] = place.map(|pointer| text(hook, pointer));
        (is_path_segment(namespace) && is_path_segment(service)).then_some((hook, namespace, service))
    };
    list(configuration, "/webhooks").iter().filter_map(of)
}

/// See: <https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ownership>
async fn has_endpoint(api: &Api, namespace: &str, service: &str) -> Result<bool, ClusterError> {
    let path = format!("/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices");
    let labels = format!("kubernetes.io/service-name={service}");
    let ready = |slice: &Value| list(slice, "/endpoints").iter().any(is_ready).then_some(());
    Ok(api.find_selected(&path, (&labels, ""), ready).await?.is_some())
}

/// An endpoint that does not say whether it is ready, is.
/// See: `EndpointConditions` in the API reference of `discovery.k8s.io/v1`.
fn is_ready(endpoint: &Value) -> bool {
    endpoint.pointer("/conditions/ready") != Some(&Value::Bool(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn webhooks_that_are_reached_by_address_have_no_service() {
        let service = json!({"name": "answers", "namespace": "lumen"});
        let configuration = json!({"webhooks": [
            {"name": "a", "clientConfig": {"service": service}}, {"name": "b", "clientConfig": {"url": "https://a"}},
        ]});
        assert_eq!(services(&configuration).collect::<Vec<_>>(), [("a", "lumen", "answers")]);
    }

    #[test]
    fn only_an_endpoint_that_says_no_is_not_ready() {
        for (conditions, ready) in
            [(json!({}), true), (json!({"ready": true}), true), (json!({"ready": false}), false)]
        {
            assert_eq!(is_ready(&json!({"conditions": conditions})), ready);
        }
    }
}
