//! The next step for each error of the cluster.

use super::ClusterError;
use crate::cluster::objects::id::ObjectId;
use crate::spec::denying_policies;

impl ClusterError {
    /// Returns the next step, if one is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotRecorded => "run `bundle install` with the same bundle and site: it records them, and changes nothing else".into(),
            Self::NoKubeconfig | Self::Kubeconfig { .. } => "name one with `--kubeconfig FILE`, and its context with `--context NAME`".into(),
            Self::Context { known, .. } if known.is_empty() => "name another kubeconfig with `--kubeconfig FILE`".into(),
            Self::Context { known, .. } => {
                format!("use an existing one with `--context NAME`: `{}`", known.join("`, `"))
            }
            Self::Credentials { .. } => {
                "check that `kubectl auth whoami` works with the same kubeconfig; if not, log in again or fix its `users` entry".into()
            }
            Self::Unreachable { server, .. } | Self::NoAnswer { server, .. } => {
                format!("check that `kubectl --server {server} get --raw /readyz` answers from this machine")
            }
            Self::Unexpected { status: 401, .. } => "the API server rejects the credentials in the kubeconfig: renew them".into(),
            Self::Unexpected { status: 403, .. } => "`kubectl auth can-i --list` shows what this user may do".into(),
            Self::UnknownKind { kind, .. } => format!(
                "put the CustomResourceDefinition of `{kind}` into the same layer or an earlier one; `kubectl api-resources` lists the kinds that the cluster serves"
            ),
            Self::Conflict { .. } => {
                "take the fields over with `--force-conflicts`, or leave them to their owner and remove them from the site file".into()
            }
            Self::Refused { message, .. } if message.contains("failed calling webhook") => {
                "`kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations` shows the webhook's owner: fix its pods, or delete its configuration, then run the same command again".into()
            }
            Self::Refused { object, message, .. } if message.contains("because it is being terminated") => format!(
                "its namespace is being deleted: `kubectl get namespace {} -o yaml` shows under `status.conditions` what blocks that",
                object.namespace.as_deref().unwrap_or("default")
            ),
            Self::Refused { object, message, .. } if !denying_policies(message).is_empty() => {
                denied(&denying_policies(message), object)
            }
            Self::Refused { object, status: 403, .. } => {
                format!("`kubectl auth can-i create {}` shows whether this user may; if so, a quota or a policy refuses it", object.resource)
            }
            Self::NotReady { hint, .. } | Self::NotGone { hint, .. } | Self::StillDeleting { hint, .. } => hint.clone(),
            Self::Inventory { place, .. } => format!("`kubectl get {place} -o yaml` shows it"),
            Self::SetTooLarge { .. } => "remove layers from the bundle's spec, or shrink their large objects".into(),
            Self::Recorded { place, .. } => format!(
                "`kubectl delete {place} --ignore-not-found`, then run `bundle install` with the wanted bundle: it records the set again"
            ),
            Self::Held { renewed, seconds, .. } => format!(
                "wait until that run ends; if it has died, its Lease expires {seconds} s after {renewed}: then run the same command again"
            ),
            Self::Overtaken => "run the same command again".into(),
            Self::LeaseLost { .. } => {
                "`kubectl get lease -n bundle-system bundle-install` shows the other run; run the same command again when it has ended".into()
            }
            _ => return None,
        };
        Some(hint)
    }
}

/// Names the policies that deny an object, and the fields of the site file that govern them.
fn denied(policies: &[&str], object: &ObjectId) -> String {
    let exempt = object.namespace.as_ref().map_or_else(String::new, |namespace| {
        format!(", exempt the namespace `{namespace}` with `gatekeeper.exemptNamespaces`")
    });
    format!(
        "the site file asks for `{}`: change the object so that it complies{exempt}, or set `gatekeeper.enforcement: warn`; \
         an entry in `gatekeeper.policies` has both fields for one policy alone",
        policies.join("`, `")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(status: u16, message: &str) -> String {
        let object =
            ObjectId::namespaced("apps/v1", "Deployment", "deployments", "trivy-system", "trivy-operator");
        let (object, message) = (Box::new(object), message.to_owned());
        ClusterError::Refused { object, file: "objects.yaml".into(), status, message }
            .hint()
            .unwrap_or_default()
    }

    #[test]
    fn a_denial_by_a_policy_of_the_site_names_the_policy_and_the_fields_that_govern_it() {
        let message = "admission webhook \"validation.gatekeeper.sh\" denied the request: \
                       [require-labels] Workload must have 'app.kubernetes.io/name' label";
        assert_eq!(
            hint(403, message),
            "the site file asks for `require-labels`: change the object so that it complies, exempt the namespace \
             `trivy-system` with `gatekeeper.exemptNamespaces`, or set `gatekeeper.enforcement: warn`; an entry in \
             `gatekeeper.policies` has both fields for one policy alone"
        );
    }

    #[test]
    fn any_other_denial_may_be_the_users_rights_or_a_quota() {
        let message = "admission webhook \"validation.gatekeeper.sh\" denied the request: [team-rules] no";
        for message in [message, "exceeded quota: pods"] {
            assert!(
                hint(403, message).starts_with("`kubectl auth can-i create deployments` shows"),
                "{message}"
            );
        }
    }
}
