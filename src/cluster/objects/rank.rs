//! The order of kinds within a layer: dependencies first, admission late.

use super::id::group_of;

/// The group of the kinds that Gatekeeper creates from templates.
pub(in crate::cluster) const CONSTRAINT_GROUP: &str = "constraints.gatekeeper.sh";

/// The place of a kind in its layer. Objects of one rank do not need each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Namespaces.
    Namespace,
    /// CustomResourceDefinitions.
    Definition,
    /// Accounts, roles, settings and quotas, which workloads and bindings refer to.
    Base,
    /// Bindings, services and network policies, which must exist before pods start.
    Link,
    /// Kinds that run pods.
    Workload,
    /// Disruption budgets and autoscalers.
    Guard,
    /// Admission webhooks and policies.
    Admission,
    /// Gatekeeper's ConstraintTemplates.
    Template,
    /// Objects of custom kinds.
    Custom,
    /// Gatekeeper's constraints.
    Constraint,
}

impl Rank {
    /// Returns the rank of a kind.
    #[must_use]
    pub fn of(api_version: &str, kind: &str) -> Self {
        let group = group_of(api_version);
        match (group, kind) {
            ("", "Namespace") => Self::Namespace,
            ("apiextensions.k8s.io", "CustomResourceDefinition") => Self::Definition,
            ("templates.gatekeeper.sh", "ConstraintTemplate") => Self::Template,
            (CONSTRAINT_GROUP, _) => Self::Constraint,
            _ if is_custom(group) => Self::Custom,
            _ => Self::of_built_in(group, kind),
        }
    }

    fn of_built_in(group: &str, kind: &str) -> Self {
        match (group, kind) {
            ("", "ResourceQuota" | "LimitRange" | "ServiceAccount" | "Secret" | "ConfigMap")
            | ("", "PersistentVolume")
            | ("scheduling.k8s.io" | "storage.k8s.io" | "node.k8s.io", _)
            | ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => Self::Base,
            ("", "Pod" | "ReplicationController") | ("apps" | "batch", _) => Self::Workload,
            ("policy" | "autoscaling", _) => Self::Guard,
            (
                "admissionregistration.k8s.io",
                "MutatingWebhookConfiguration"
                | "ValidatingWebhookConfiguration"
                | "MutatingAdmissionPolicyBinding"
                | "ValidatingAdmissionPolicyBinding",
            ) => Self::Admission,
            _ => Self::Link,
        }
    }

    /// Returns the rank for removal: admission first, so that it blocks no other removal.
    #[must_use]
    pub fn removal(self) -> u8 {
        match self {
            Self::Admission => 0,
            other => 10 - other as u8,
        }
    }
}

/// Tells whether a group is not part of Kubernetes.
fn is_custom(group: &str) -> bool {
    group.contains('.') && !group.ends_with(".k8s.io")
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLIED: &[(&str, &str)] = &[
        ("v1", "Namespace"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("v1", "ResourceQuota"),
        ("v1", "ServiceAccount"),
        ("v1", "Secret"),
        ("v1", "ConfigMap"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
        ("v1", "Service"),
        ("networking.k8s.io/v1", "NetworkPolicy"),
        ("apps/v1", "Deployment"),
        ("batch/v1", "CronJob"),
        ("policy/v1", "PodDisruptionBudget"),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"),
        ("templates.gatekeeper.sh/v1", "ConstraintTemplate"),
        ("config.gatekeeper.sh/v1alpha1", "Config"),
        ("monitoring.coreos.com/v1", "ServiceMonitor"),
        ("constraints.gatekeeper.sh/v1beta1", "K8sBlockLatestTag"),
    ];

    #[test]
    fn every_kind_comes_after_what_it_needs() {
        let ranks: Vec<Rank> = APPLIED.iter().map(|(version, kind)| Rank::of(version, kind)).collect();
        assert!(ranks.is_sorted(), "{ranks:?}");
        assert_eq!(ranks.first(), Some(&Rank::Namespace));
        assert_eq!(ranks.last(), Some(&Rank::Constraint));
    }

    #[test]
    fn admission_goes_first_and_namespaces_go_last() {
        let mut ranks: Vec<Rank> = APPLIED.iter().map(|(version, kind)| Rank::of(version, kind)).collect();
        ranks.sort_by_key(|rank| rank.removal());
        ranks.dedup();
        use Rank::{
            Admission, Base, Constraint, Custom, Definition, Guard, Link, Namespace, Template, Workload,
        };
        assert_eq!(
            ranks,
            [Admission, Constraint, Custom, Template, Guard, Workload, Link, Base, Definition, Namespace]
        );
    }
}
