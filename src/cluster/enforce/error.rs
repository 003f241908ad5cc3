//! Why constraints cannot be moved.

use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::ObjectId;

/// Why constraints cannot be moved.
#[derive(Debug, thiserror::Error)]
pub enum EnforceError {
    /// The cluster could not be asked, or refused.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Nothing is installed.
    #[error("nothing is installed in the cluster at `{server}`")]
    NothingInstalled {
        /// The address of its API server.
        server: String,
    },
    /// The bundle has no constraints.
    #[error("the installed bundle `{bundle}` has no policies")]
    NoPolicies {
        /// The bundle's name.
        bundle: String,
    },
    /// No constraint of the installed bundle has this name.
    #[error("the installed bundle has no policy `{name}`")]
    UnknownPolicy {
        /// The name.
        name: String,
        /// The existing names.
        known: Vec<String>,
    },
    /// A constraint was deleted, or someone else recreated it.
    #[error("{object} is not the installed object: it was deleted, or someone else recreated it")]
    Gone {
        /// The constraint.
        object: Box<ObjectId>,
    },
}

impl EnforceError {
    /// Tells whether this is the answer "no", and not the lack of one.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Cluster(error) => error.is_refusal(),
            Self::NothingInstalled { .. } | Self::Gone { .. } => true,
            Self::NoPolicies { .. } | Self::UnknownPolicy { .. } => false,
        }
    }

    /// Returns the next step, if one is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Cluster(error) => return error.hint(),
            Self::NothingInstalled { .. } => {
                "install a bundle with `bundle install FILE --key PUB --site SITE`, or name another cluster with `--kubeconfig` or `--context`".to_owned()
            }
            Self::NoPolicies { .. } => "`bundle status` shows what is installed".to_owned(),
            Self::UnknownPolicy { known, .. } => format!("use one of: {}", known.join(", ")),
            Self::Gone { .. } => {
                "`bundle status` shows what differs from what was installed; `bundle install` puts it back".to_owned()
            }
        })
    }
}
