//! The cluster and site that a command works on.

use std::path::Path;

use super::open::{Trust, open};
use super::render::render_site;
use crate::cluster::{Cluster, ConnectOptions};
use crate::ops::error::OpsError;
use crate::ops::site::SiteChoice;
use crate::rendered::ObjectSet;

/// A cluster, the site that it is, and whom its operator trusts.
#[derive(Debug, Clone)]
pub struct Target {
    /// Whom the operator trusts.
    pub trust: Trust,
    /// How the cluster is reached.
    pub cluster: ConnectOptions,
    /// The site.
    pub site: SiteChoice,
}

impl Target {
    /// Verifies a bundle, and renders it for the cluster that answers.
    pub(super) async fn render(&self, path: &Path) -> Result<(Cluster, ObjectSet), OpsError> {
        let archive = open(path, &self.trust)?;
        let (cluster, site) = self.reach().await?;
        let set = render_site(&archive, &self.trust.bundle, &site)?;
        Ok((cluster, set.objects))
    }

    /// Connects to the cluster, and takes the platform from the nodes if neither the site nor the command names one.
    pub(super) async fn reach(&self) -> Result<(Cluster, SiteChoice), OpsError> {
        let cluster = Cluster::connect(&self.cluster).await?;
        let mut site = self.site.clone();
        if site.platform.or(site.site.platform).is_none() {
            site.platform = cluster.detect_platform().await?;
        }
        Ok((cluster, site))
    }
}
