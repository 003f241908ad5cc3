//! A registry that serves in a task of its own.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::listen::Listening;
use crate::server::registry::Registry;

impl Registry {
    /// Serves until `stop` ends; connections that are open then may finish.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self: Arc<Self>,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        self.listen(listener, Listening::default(), stop).await
    }

    /// Serves on a loopback port that the system chooses, for as long as the returned guard lives.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn spawn(self: Arc<Self>) -> std::io::Result<Running> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move { self.serve(listener, std::future::pending()).await });
        Ok(Running { address, task })
    }
}

/// A registry that runs until this is dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
