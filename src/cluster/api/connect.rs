//! Connects to the cluster, and fails at once if it does not answer.

#[cfg(test)]
mod tests;

use std::time::Duration;

use kube::Client;
use tokio::time::timeout;

use super::client::Api;
use super::credentials::of_credentials;
use super::error::ClusterError;
use super::kubeconfig::{self, ConnectOptions};
use crate::cluster::objects::json::{list, text};
use crate::spec::site::Platform;

const LONGEST_GREETING: Duration = Duration::from_secs(10);
/// Longer than the greeting, which says it better.
const LONGEST_CONNECT: Duration = Duration::from_secs(15);
const NODES_ASKED: usize = 20;

/// A cluster whose API server answers.
pub struct Cluster {
    pub(in crate::cluster) api: Api,
    pub(in crate::cluster) version: String,
}

impl Cluster {
    /// Returns the address of the API server.
    #[must_use]
    pub fn server(&self) -> &str {
        self.api.server()
    }

    /// Returns the version of Kubernetes: `v1.34.4`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Connects, and asks the API server for its version.
    ///
    /// # Errors
    ///
    /// When no kubeconfig can be read, no credentials are available, or when the API server does not answer within 10 s or not with its version.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ClusterError> {
        let mut config = kubeconfig::load(options).await?;
        config.connect_timeout = Some(LONGEST_CONNECT);
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let plugin = config.auth_info.exec.as_ref().and_then(|exec| exec.command.clone());
        let client = Client::try_from(config).map_err(|error| {
            of_credentials(&error, plugin.as_deref()).unwrap_or_else(|| ClusterError::Unreachable {
                server: server.clone(),
                source: Box::new(error),
            })
        })?;
        Self::greet(Api::new(client, server)).await
    }

    async fn greet(api: Api) -> Result<Self, ClusterError> {
        let answer = timeout(LONGEST_GREETING, api.get("/version")).await.map_err(|_| {
            ClusterError::NoAnswer { server: api.server().to_owned(), waited: LONGEST_GREETING }
        })??;
        let version = answer.as_ref().map(|body| text(body, "/gitVersion").to_owned()).unwrap_or_default();
        if version.is_empty() {
            return Err(ClusterError::Unexpected {
                request: "GET /version".into(),
                status: 200,
                message: format!("`{}` is not a Kubernetes API server", api.server()),
            });
        }
        Ok(Self { api, version })
    }

    /// Returns the platform of the nodes: K3s, Talos, or none if they differ or run neither.
    ///
    /// # Errors
    ///
    /// When the nodes cannot be listed.
    pub async fn detect_platform(&self) -> Result<Option<Platform>, ClusterError> {
        let nodes = self.api.get(&format!("/api/v1/nodes?limit={NODES_ASKED}")).await?.unwrap_or_default();
        let mut platforms = list(&nodes, "/items").iter().map(|node| {
            let info = |field: &str| text(node, &format!("/status/nodeInfo/{field}"));
            platform_of(info("osImage"), info("kubeletVersion"))
        });
        let first = platforms.next().flatten();
        Ok(first.filter(|first| platforms.all(|other| other == Some(*first))))
    }
}

/// Returns the platform of a node, from its operating system and the version of its kubelet.
pub(in crate::cluster) fn platform_of(image: &str, kubelet: &str) -> Option<Platform> {
    if image.contains("Talos") {
        return Some(Platform::Talos);
    }
    kubelet.contains("+k3s").then_some(Platform::K3s)
}

#[cfg(test)]
mod platform_tests {
    use super::*;

    #[test]
    fn nodes_tell_their_platform() {
        for (image, kubelet, platform) in [
            ("Talos (v1.13.0)", "v1.34.1", Some(Platform::Talos)),
            ("Debian GNU/Linux 12 (bookworm)", "v1.34.1+k3s1", Some(Platform::K3s)),
            ("Debian GNU/Linux 12 (bookworm)", "v1.34.4", None),
        ] {
            assert_eq!(platform_of(image, kubelet), platform, "{image} {kubelet}");
        }
    }
}
