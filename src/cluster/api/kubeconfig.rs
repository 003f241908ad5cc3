//! Address and credentials of the API server: from kubeconfig files, or from the files of the pod that this runs in.

use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use serde_json::json;

use super::error::ClusterError;

/// The cluster to connect to, and the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// The kubeconfig files, merged in this order. If there are several, missing ones are skipped.
    pub kubeconfigs: Vec<PathBuf>,
    /// The context; without one, the current context of the files.
    pub context: Option<String>,
    /// The access that a pod has, used if there is no file.
    pub pod: Option<PodAccess>,
}

/// The access to the API server that Kubernetes gives every pod.
/// See: Kubernetes docs, "Accessing the Kubernetes API from a Pod"
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodAccess {
    /// `KUBERNETES_SERVICE_HOST`.
    pub host: String,
    /// `KUBERNETES_SERVICE_PORT`.
    pub port: String,
    /// The folder with `token` and `ca.crt`: `/var/run/secrets/kubernetes.io/serviceaccount`.
    pub folder: PathBuf,
}

/// Reads the address and the credentials of the API server.
pub(super) async fn load(options: &ConnectOptions) -> Result<Config, ClusterError> {
    if options.kubeconfigs.is_empty() && options.pod.is_none() {
        return Err(ClusterError::NoKubeconfig);
    }
    let kubeconfig = read(options).map_err(|source| unreadable(options, source))?;
    find_context(options, &kubeconfig)?;
    let selection = KubeConfigOptions { context: options.context.clone(), ..Default::default() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &selection).await;
    config.map_err(|source| unreadable(options, source.into()))
}

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

fn read(options: &ConnectOptions) -> Result<Kubeconfig, Unreadable> {
    match (options.kubeconfigs.as_slice(), &options.pod) {
        ([], Some(pod)) => Ok(of_pod(pod)?),
        (files, _) => Ok(merged(files)?),
    }
}

/// Returns the access of a pod as a kubeconfig. The token is read from its file whenever it is renewed.
fn of_pod(pod: &PodAccess) -> Result<Kubeconfig, serde_json::Error> {
    let host = if pod.host.contains(':') { format!("[{}]", pod.host) } else { pod.host.clone() };
    let (authority, token) = (pod.folder.join("ca.crt"), pod.folder.join("token"));
    serde_json::from_value(json!({
        "current-context": "pod",
        "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod"}}],
        "clusters": [{"name": "pod", "cluster": {"server": format!("https://{host}:{}", pod.port), "certificate-authority": authority}}],
        "users": [{"name": "pod", "user": {"tokenFile": token}}],
    }))
}

/// Merges the files as kubectl does; a single file must exist.
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

fn find_context(options: &ConnectOptions, kubeconfig: &Kubeconfig) -> Result<(), ClusterError> {
    let current = kubeconfig.current_context.as_ref().filter(|name| !name.is_empty());
    let wanted = options.context.as_ref().or(current);
    let known: Vec<_> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    if wanted.is_some_and(|wanted| known.contains(wanted)) {
        return Ok(());
    }
    Err(ClusterError::Context { files: names(options), wanted: wanted.cloned(), known })
}

fn unreadable(options: &ConnectOptions, source: Unreadable) -> ClusterError {
    ClusterError::Kubeconfig { files: names(options), source }
}

fn names(options: &ConnectOptions) -> String {
    let name = |file: &Path| format!("`{}`", file.display());
    match options.kubeconfigs.as_slice() {
        [] => "of the pod that this runs in".to_owned(),
        files => files.iter().map(|file| name(file)).collect::<Vec<_>>().join(", "),
    }
}
