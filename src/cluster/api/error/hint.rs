//! The next step for each error of the cluster.

use super::ClusterError;

impl ClusterError {
    /// Returns the next step, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotRecorded => "`bundle install` with the same bundle and site records it, and changes nothing else".into(),
            Self::Kubeconfig { .. } => "name one with `--kubeconfig FILE`, and its context with `--context NAME`".into(),
            Self::Context { known, .. } if known.is_empty() => "name another kubeconfig with `--kubeconfig FILE`".into(),
            Self::Context { known, .. } => {
                format!("name one that there is with `--context NAME`: `{}`", known.join("`, `"))
            }
            Self::Credentials { .. } => {
                "see whether `kubectl auth whoami` works with the same kubeconfig: log in again, or correct its `users` entry".into()
            }
            Self::Unreachable { server, .. } | Self::NoAnswer { server, .. } => {
                format!("see whether `kubectl --server {server} get --raw /readyz` answers from this machine")
            }
            Self::Unexpected { status: 401, .. } => "the credentials of the kubeconfig are not accepted: renew them".into(),
            Self::Unexpected { status: 403, .. } => "`kubectl auth can-i --list` shows what this user may do".into(),
            Self::UnknownKind { kind, .. } => format!(
                "put the CustomResourceDefinition of `{kind}` into the same layer or an earlier one; `kubectl api-resources` shows what the cluster knows"
            ),
            Self::Conflict { .. } => {
                "take the fields over with `--force-conflicts`, or leave them to their owner and out of the site file".into()
            }
            Self::Refused { message, .. } if message.contains("failed calling webhook") => {
                "that webhook has to answer first: `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations` shows whose it is; see its pods, or delete its configuration, and run the same command again".into()
            }
            Self::Refused { object, message, .. } if message.contains("because it is being terminated") => format!(
                "its namespace is on its way out: `kubectl get namespace {} -o yaml` shows under `status.conditions` what has to go first",
                object.namespace.as_deref().unwrap_or("default")
            ),
            Self::Refused { object, status: 403, .. } => {
                format!("`kubectl auth can-i create {}` shows whether this user may; otherwise a quota or a policy refuses it", object.resource)
            }
            Self::NotReady { hint, .. } | Self::NotGone { hint, .. } | Self::StillDeleting { hint, .. } => hint.clone(),
            Self::Inventory { place, .. } => format!("`kubectl get {place} -o yaml` shows it"),
            Self::SetTooLarge { .. } => "leave layers out of the bundle's spec, or take what is large out of their objects".into(),
            Self::Recorded { place, .. } => format!(
                "`kubectl delete {place} --ignore-not-found`, then `bundle install` with the bundle that is to run: it records the set anew"
            ),
            Self::Held { renewed, seconds, .. } => format!(
                "wait until that run ends; should it be dead, its Lease ends {seconds} s after {renewed}, and the same command goes on then"
            ),
            Self::Overtaken => "run the same command again".into(),
            Self::LeaseLost { .. } => {
                "`kubectl get lease -n bundle-system bundle-install` shows who is at work; run the same command again once it is gone".into()
            }
            _ => return None,
        };
        Some(hint)
    }
}
