//! The cluster, and what may be deleted in it.

use std::path::PathBuf;

use clap::Args;

use crate::cli::environment::Environment;
use crate::cluster::{ConnectOptions, WithContents};

/// How the cluster is reached.
#[derive(Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterOptions {
    /// Kubeconfig file
    ///
    /// Default: $KUBECONFIG, then ~/.kube/config, then the service account of the pod that this runs in.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; default: its current one
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
}

impl ClusterOptions {
    pub fn connect(&self, environment: &Environment) -> ConnectOptions {
        let named = self.kubeconfig.clone().map(|path| vec![path]);
        let listed = environment.kubeconfig.as_ref().map(|list| std::env::split_paths(list).collect());
        let home =
            environment.home.as_ref().map(|home| home.join(".kube/config")).filter(|path| path.exists());
        let kubeconfigs = named.or(listed).unwrap_or_else(|| home.into_iter().collect());
        ConnectOptions { kubeconfigs, context: self.context.clone(), pod: environment.pod.clone() }
    }
}

/// Objects to delete even if they hold objects of others.
#[derive(Args)]
#[command(next_help_heading = "Cluster")]
pub struct ContentsOptions {
    /// Delete this object even if it holds objects of others; repeatable
    ///
    /// Name it as in the list of kept objects: KIND/NAME or KIND/NAMESPACE/NAME. Everything in it is deleted, too.
    #[arg(long, value_name = "OBJECT")]
    delete_with_contents: Vec<String>,
}

impl ContentsOptions {
    pub fn asked(&self) -> WithContents {
        WithContents(self.delete_with_contents.clone())
    }
}
