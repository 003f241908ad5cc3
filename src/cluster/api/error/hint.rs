//! The next step for each error of the cluster.

use super::ClusterError;

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
