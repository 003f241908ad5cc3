//! What can go wrong with a cluster, in words that name the object, and what to do about it.

mod hint;

use std::time::Duration;

use crate::cluster::objects::id::ObjectId;

/// Why the cluster did not do what it was asked for, or could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The installed objects are not recorded.
    #[error("the installed objects are not recorded: an older version of bundle installed them")]
    NotRecorded,
    /// There is no kubeconfig, and no pod to take the access from.
    #[error(
        "no kubeconfig found: `KUBECONFIG` is unset, `~/.kube/config` does not exist, and this is not a pod"
    )]
    NoKubeconfig,
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
        /// The existing contexts.
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
        /// How long this waited.
        waited: Duration,
    },
    /// The API server gave an unexpected answer.
    #[error("the API server answered {status} to `{request}`: {message}")]
    Unexpected {
        /// Method and path.
        request: String,
        /// The HTTP status.
        status: u16,
        /// Its own words.
        message: String,
    },
    /// An object that cannot be applied.
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
    /// Fields of an object have another owner.
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
    /// A layer did not become ready within its timeout.
    #[error("layer `{layer}` is not ready after {} s:{}", waited.as_secs(), lines(pending))]
    NotReady {
        /// The layer.
        layer: String,
        /// How long this waited.
        waited: Duration,
        /// What is missing, one text an object.
        pending: Vec<String>,
        /// What a person can do.
        hint: String,
    },
    /// Deleted objects still exist.
    #[error("still not deleted after {} s:{}", waited.as_secs(), lines(remaining))]
    NotGone {
        /// How long this waited.
        waited: Duration,
        /// The objects, each with what holds it.
        remaining: Vec<String>,
        /// What a person can do.
        hint: String,
    },
    /// An object cannot be created: one with its name is still being deleted.
    #[error("{object} is still being deleted after {} s{held}", waited.as_secs())]
    StillDeleting {
        /// The object.
        object: Box<ObjectId>,
        /// How long this waited.
        waited: Duration,
        /// What holds it, in brackets; empty if that is not known.
        held: String,
        /// What a person can do.
        hint: String,
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
    /// Another run holds the Lease.
    #[error("`{holder}` is changing the installed objects, since {since}")]
    Held {
        /// Who: the user's name, and what tells its runs apart.
        holder: String,
        /// Since when, by the holder's clock.
        since: String,
        /// When the holder last renewed it, by its own clock.
        renewed: String,
        /// For how many seconds after that the holder counts as alive.
        seconds: i64,
    },
    /// Another run changed the installed objects between our first read and our first write.
    #[error("another run changed the installed objects at the same time")]
    Overtaken,
    /// Another run took the Lease from this one.
    #[error("stopped: the Lease of this run {}", taken(holder))]
    LeaseLost {
        /// Who has it now; empty if it was deleted.
        holder: String,
    },
    /// The live probes were stopped.
    #[error("stopped before every connection was tried; the probe pods are deleted")]
    LiveStopped,
}

impl ClusterError {
    /// Tells whether this is the answer "no", and not the lack of one.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
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
        )
    }

    /// Tells whether the same question may get an answer in a moment.
    pub(in crate::cluster) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NoAnswer { .. } => true,
            Self::Unexpected { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}

fn taken(holder: &str) -> String {
    if holder.is_empty() { "was deleted".to_owned() } else { format!("is held by `{holder}` now") }
}

fn owners(fields: &[(String, String)]) -> String {
    let one = |(field, owner): &(String, String)| format!("`{field}`: {owner}");
    fields.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Writes one text behind a colon, several below it.
fn lines(texts: &[String]) -> String {
    match texts {
        [one] => format!(" {one}"),
        several => several.iter().map(|text| format!("\n  {text}")).collect(),
    }
}
