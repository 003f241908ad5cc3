//! What can go wrong with a cluster, in words that name the object, and what to do about it.

use std::time::Duration;

use super::deletion::next_step;
use super::failure::InstallFailure;
use super::object::ObjectId;
use crate::spec::denying_policies;

/// Why the cluster did not do what it was asked for, or could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// What was installed was not recorded.
    #[error("what was installed is not recorded: an older version of bundle did it")]
    NotRecorded,
    /// Constraints cannot be moved.
    #[error(transparent)]
    Enforce(super::enforce::EnforceError),
    /// No kubeconfig could be read.
    #[error("failed to read the kubeconfig {files}")]
    Kubeconfig {
        /// The files that were looked at.
        files: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kubeconfig has no such context.
    #[error("the kubeconfig {files} has no {}", wanted.as_ref().map_or("current context".to_owned(), |name| format!("context `{name}`")))]
    Context {
        /// The files that were looked at.
        files: String,
        /// The context that was asked for, by name or as the current one.
        wanted: Option<String>,
        /// The contexts that there are.
        known: Vec<String>,
    },
    /// No credentials could be had for the API server.
    #[error("failed to get the credentials{plugin}: {reason}")]
    Credentials {
        /// The plugin that makes them, if there is one; empty, or beginning with a space.
        plugin: String,
        /// What went wrong, without anything that may be secret.
        reason: String,
    },
    /// The API server could not be asked.
    #[error("failed to ask the API server at `{server}`")]
    Unreachable {
        /// Its address.
        server: String,
        /// Why.
        source: Box<kube::Error>,
    },
    /// The API server did not answer in time.
    #[error("the API server at `{server}` did not answer within {} s", waited.as_secs())]
    NoAnswer {
        /// Its address.
        server: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The API server answered something that is no answer to what was asked.
    #[error("the API server answered {status} to `{request}`: {message}")]
    Unexpected {
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// Its own words.
        message: String,
    },
    /// An object that cannot be applied as it is.
    #[error("`{file}`: {problem}")]
    InvalidObject {
        /// The file that it was made from.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A kind that neither the cluster nor the set knows.
    #[error("`{file}`: the cluster does not know the kind `{kind}` of `{api_version}`")]
    UnknownKind {
        /// The file that the object was made from.
        file: String,
        /// Group and version.
        api_version: String,
        /// The kind.
        kind: String,
    },
    /// Fields of an object belong to somebody else.
    #[error("{object} (`{file}`): {}", owners(fields))]
    Conflict {
        /// The object.
        object: Box<ObjectId>,
        /// The file that it was made from.
        file: String,
        /// The fields, and what the API server says of each: `conflict with "kubectl" using v1`.
        fields: Vec<(String, String)>,
    },
    /// The API server refuses an object.
    #[error("{object} (`{file}`) is refused ({status}): {message}")]
    Refused {
        /// The object.
        object: Box<ObjectId>,
        /// The file that it was made from.
        file: String,
        /// The HTTP status.
        status: u16,
        /// The API server's own words.
        message: String,
    },
    /// Something that must be true before the next step is not, after all the time that it may take.
    #[error("layer `{layer}` is not ready after {} s:{}", waited.as_secs(), lines(pending))]
    NotReady {
        /// The layer.
        layer: String,
        /// How long it was waited for.
        waited: Duration,
        /// What is missing, one text an object.
        pending: Vec<String>,
        /// What a person can do.
        hint: String,
    },
    /// Objects that were deleted are still there.
    #[error("still there {} s after they were deleted:{}", waited.as_secs(), lines(remaining))]
    NotGone {
        /// How long it was waited for.
        waited: Duration,
        /// The objects, each with what holds it.
        remaining: Vec<String>,
        /// What a person can do.
        hint: String,
    },
    /// An object cannot be made, as the one that has its name is still being deleted.
    #[error("{object} is still being deleted after {} s{held}", waited.as_secs())]
    StillDeleting {
        /// The object.
        object: Box<ObjectId>,
        /// How long it was waited for.
        waited: Duration,
        /// What holds it, in brackets; empty where that is not known.
        held: String,
    },
    /// The record of what is installed cannot be read.
    #[error("failed to read the inventory `{place}`: {problem}")]
    Inventory {
        /// The ConfigMap.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The record of what is installed does not fit into an object of the cluster.
    #[error(
        "the inventory of {objects} objects takes {bytes} bytes, more than the {limit} that fit into a ConfigMap"
    )]
    InventoryTooLarge {
        /// How many objects.
        objects: usize,
        /// How large.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The rendered set does not fit into an object of the cluster.
    #[error("the rendered set takes {bytes} bytes, more than the {limit} that fit into a Secret")]
    SetTooLarge {
        /// How large it is, compressed.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The record of what was rendered cannot be read.
    #[error("failed to read the recorded set `{place}`: {problem}")]
    Recorded {
        /// The Secret.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Somebody else is changing what is installed.
    #[error("`{holder}` is changing what is installed, since {since}")]
    Held {
        /// Who: the user's name, and what tells its runs apart.
        holder: String,
        /// Since when, by the holder's clock.
        since: String,
        /// When the holder was last heard of, by its own clock.
        renewed: String,
        /// For how many seconds after that it is taken for alive.
        seconds: i64,
    },
    /// Somebody else changed what is installed between our look and our first record.
    #[error("somebody else changed what is installed at the same time")]
    Overtaken,
    /// Somebody else took the Lease while we worked.
    #[error("stopped: the Lease of this run {}", taken(holder))]
    LeaseLost {
        /// Who has it now; empty where it was deleted.
        holder: String,
    },
    /// The live probes were stopped.
    #[error("stopped before every connection was tried; the pods that tried them are deleted")]
    LiveStopped,
    /// An install that was begun did not come to its end.
    #[error("{}", .0.error)]
    Stopped(Box<InstallFailure>),
}

impl ClusterError {
    /// Tells whether this is the answer "no", and not the lack of one.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        if let Self::Enforce(error) = self {
            return error.is_refusal();
        }
        matches!(
            self,
            Self::Conflict { .. }
                | Self::Refused { .. }
                | Self::UnknownKind { .. }
                | Self::NotReady { .. }
                | Self::NotGone { .. }
                | Self::StillDeleting { .. }
                | Self::Held { .. }
                | Self::Overtaken
                | Self::LeaseLost { .. }
        ) || matches!(self, Self::Stopped(failure) if failure.error.is_refusal())
    }

    /// Returns how far an install came that was begun and did not come to its end.
    #[must_use]
    pub fn install_failure(&self) -> Option<&InstallFailure> {
        match self {
            Self::Stopped(failure) => Some(failure),
            _ => None,
        }
    }

    /// Tells whether the same question may get an answer in a moment.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NoAnswer { .. } => true,
            Self::Unexpected { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }

    /// Returns the next step, where there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Enforce(error) => error.hint(),
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
            Self::Refused { object, message, .. } if !denying_policies(message).is_empty() => {
                denied(&denying_policies(message), object)
            }
            Self::Refused { object, status: 403, .. } => {
                format!("`kubectl auth can-i create {}` shows whether this user may; otherwise a quota or a policy refuses it", object.resource)
            }
            Self::NotReady { hint, .. } | Self::NotGone { hint, .. } => hint.clone(),
            Self::StillDeleting { object, .. } => next_step(object),
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
            Self::Stopped(failure) => return failure.error.hint(),
            _ => return None,
        };
        Some(hint)
    }
}

fn taken(holder: &str) -> String {
    if holder.is_empty() { "was deleted".to_owned() } else { format!("is held by `{holder}` now") }
}

fn owners(fields: &[(String, String)]) -> String {
    let one = |(field, owner): &(String, String)| format!("`{field}`: {owner}");
    fields.iter().map(one).collect::<Vec<_>>().join("; ")
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

/// Writes one text behind a colon, several below it.
fn lines(texts: &[String]) -> String {
    match texts {
        [one] => format!(" {one}"),
        several => several.iter().map(|text| format!("\n  {text}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(status: u16, message: &str) -> String {
        let object = ObjectId {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            resource: "deployments".into(),
            namespace: Some("trivy-system".into()),
            name: "trivy-operator".into(),
        };
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
