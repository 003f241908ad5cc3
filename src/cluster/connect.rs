//! Finds the cluster from a kubeconfig, and says at once when it does not answer.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tokio::time::timeout;

use super::Cluster;
use super::api::Api;
use super::error::ClusterError;
use super::object::{list, text};
use crate::spec::site::Platform;

const LONGEST_GREETING: Duration = Duration::from_secs(10);
/// Longer than the greeting, which says it better.
const LONGEST_CONNECT: Duration = Duration::from_secs(15);
const NODES_ASKED: usize = 20;

/// Which cluster, and as whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The kubeconfig files, merged in this order. Of several, those that do not exist are passed over.
    /// None at all: the configuration that a pod of the cluster has.
    pub kubeconfigs: Vec<PathBuf>,
    /// The context; without one, the current context of the files.
    pub context: Option<String>,
}

impl Cluster {
    /// Connects, and asks the API server for its version.
    ///
    /// # Errors
    ///
    /// When no kubeconfig can be read, or when the API server does not answer within 10 s or not with its version.
    pub async fn connect(options: &ConnectOptions) -> Result<Self, ClusterError> {
        let mut config = load(options).await.map_err(|source| kubeconfig_error(options, source))?;
        config.connect_timeout = Some(LONGEST_CONNECT);
        let server = config.cluster_url.to_string().trim_end_matches('/').to_owned();
        let client = Client::try_from(config)
            .map_err(|error| ClusterError::Unreachable { server: server.clone(), source: Box::new(error) })?;
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
                message: format!("`{}` is no Kubernetes API server", api.server()),
            });
        }
        Ok(Self { api, version })
    }

    /// Returns what the nodes run: K3s, Talos, or neither (or not all the same).
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

async fn load(options: &ConnectOptions) -> Result<Config, Box<dyn std::error::Error + Send + Sync>> {
    if options.kubeconfigs.is_empty() {
        return Ok(Config::incluster()?);
    }
    let selection = KubeConfigOptions { context: options.context.clone(), ..Default::default() };
    Ok(Config::from_custom_kubeconfig(merged(&options.kubeconfigs)?, &selection).await?)
}

/// Merges the files as kubectl does; one that is named alone must exist.
fn merged(files: &[PathBuf]) -> Result<Kubeconfig, KubeconfigError> {
    let mut merged: Option<Kubeconfig> = None;
    let mut absent = None;
    for file in files {
        match Kubeconfig::read_from(file) {
            Err(KubeconfigError::ReadConfig(error, path)) if error.kind() == std::io::ErrorKind::NotFound => {
                absent = Some(KubeconfigError::ReadConfig(error, path));
            }
            next => merged = Some(merged.unwrap_or_default().merge(next?)?),
        }
    }
    merged.ok_or_else(|| absent.unwrap_or(KubeconfigError::FindPath))
}

fn kubeconfig_error(
    options: &ConnectOptions,
    source: Box<dyn std::error::Error + Send + Sync>,
) -> ClusterError {
    let names = options.kubeconfigs.iter().map(|file| format!("`{}`", file.display()));
    let files = match options.kubeconfigs.as_slice() {
        [] => "of the pod that this runs in".to_owned(),
        _ => names.collect::<Vec<_>>().join(", "),
    };
    ClusterError::Kubeconfig { files, source }
}

/// Tells what a node runs, from its operating system and the version of its kubelet.
pub(super) fn platform_of(image: &str, kubelet: &str) -> Option<Platform> {
    if image.contains("Talos") {
        return Some(Platform::Talos);
    }
    kubelet.contains("+k3s").then_some(Platform::K3s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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

    #[tokio::test]
    async fn a_kubeconfig_that_is_not_there_is_named() {
        let options = ConnectOptions { kubeconfigs: vec!["nowhere/config".into()], context: None };
        let error = Cluster::connect(&options).await.err().expect("no such file");
        assert_eq!(error.to_string(), "failed to read the kubeconfig `nowhere/config`");
        assert!(!error.is_refusal());
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = format!("http://{}", listener.local_addr().expect("an address"));
        drop(listener);
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "c", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        });
        std::fs::write(&file, config.to_string()).expect("written");
        let options = ConnectOptions { kubeconfigs: vec!["absent".into(), file], context: None };
        let error = Cluster::connect(&options).await.err().expect("nobody listens");
        assert_eq!(error.to_string(), format!("failed to ask the API server at `{server}`"));
    }
}
