//! Credentials and tokens: from the Docker and Podman files and helpers, never from an argument.

use std::collections::HashMap;
use std::sync::Arc;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_client::{Reference, RegistryOperation};
use tokio::sync::Mutex;

use super::endpoint::Endpoint;
use super::error::RegistryError;

/// What is put into the `Authorization` header.
#[derive(Clone)]
pub(super) enum Credential {
    Bearer(String),
    Basic(String, String),
}

impl Credential {
    pub(super) fn apply(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match self {
            Self::Bearer(token) => request.bearer_auth(token),
            Self::Basic(user, password) => request.basic_auth(user, Some(password)),
        }
    }
}

type Slot = Arc<Mutex<Option<Credential>>>;

/// Fetches each credential once, however many transfers ask for it at the same time.
#[derive(Default)]
pub(super) struct Credentials {
    slots: Mutex<HashMap<(String, String, bool), Slot>>,
}

impl Credentials {
    /// Returns the credential that was obtained before, if any.
    pub(super) async fn known(
        &self,
        endpoint: &Endpoint,
        repository: &str,
        push: bool,
    ) -> Option<Credential> {
        self.slot(endpoint, repository, push).await.lock().await.clone()
    }

    /// Obtains a credential, after the registry asked for one.
    pub(super) async fn obtain(
        &self,
        endpoint: &Endpoint,
        repository: &str,
        push: bool,
        what: &str,
    ) -> Result<Option<Credential>, RegistryError> {
        let slot = self.slot(endpoint, repository, push).await;
        let mut held = slot.lock().await;
        if held.is_none() {
            *held = fetch(endpoint, repository, push, what).await?;
        }
        Ok(held.clone())
    }

    async fn slot(&self, endpoint: &Endpoint, repository: &str, push: bool) -> Slot {
        let key = (endpoint.host.clone(), repository.to_owned(), push);
        self.slots.lock().await.entry(key).or_default().clone()
    }
}

async fn fetch(
    endpoint: &Endpoint,
    repository: &str,
    push: bool,
    what: &str,
) -> Result<Option<Credential>, RegistryError> {
    let failed =
        |reason: String| RegistryError::Login { what: what.to_owned(), host: endpoint.host.clone(), reason };
    let login = stored(&endpoint.host).await.map_err(|error| failed(error.to_string()))?;
    let protocol = if endpoint.plain_http {
        ClientProtocol::HttpsExcept(vec![endpoint.host.clone()])
    } else {
        ClientProtocol::Https
    };
    let config = ClientConfig { protocol, ..ClientConfig::default() };
    let client = oci_client::Client::try_from(config).map_err(|error| failed(error.to_string()))?;
    let reference = Reference::with_tag(endpoint.host.clone(), repository.to_owned(), "latest".to_owned());
    let operation = if push { RegistryOperation::Push } else { RegistryOperation::Pull };
    let token =
        client.auth(&reference, &login, operation).await.map_err(|error| failed(error.to_string()))?;
    Ok(match (token, login) {
        (Some(token), _) => Some(Credential::Bearer(token)),
        (None, RegistryAuth::Basic(user, password)) => Some(Credential::Basic(user, password)),
        (None, _) => None,
    })
}

/// Returns the login that is stored for a host, or the anonymous one where none is.
async fn stored(host: &str) -> Result<RegistryAuth, CredentialRetrievalError> {
    let (docker, podman) = stored_under(host);
    let found = tokio::task::spawn_blocking(move || {
        docker_credential::get_credential(&docker)
            .or_else(|_| docker_credential::get_podman_credential(&podman))
    });
    match found.await {
        Ok(Ok(DockerCredential::UsernamePassword(user, password))) => Ok(RegistryAuth::Basic(user, password)),
        Ok(Err(
            error @ (CredentialRetrievalError::HelperFailure { .. }
            | CredentialRetrievalError::CredentialDecodingError),
        )) => Err(redact(error)),
        _ => Ok(RegistryAuth::Anonymous),
    }
}

/// Returns the names under which Docker and Podman keep the login of a host.
fn stored_under(host: &str) -> (String, String) {
    let (docker, podman) = match host {
        "registry-1.docker.io" => ("https://index.docker.io/v1/", "docker.io"),
        _ => (host, host),
    };
    (docker.to_owned(), podman.to_owned())
}

/// A helper's output may hold the secret itself.
fn redact(error: CredentialRetrievalError) -> CredentialRetrievalError {
    match error {
        CredentialRetrievalError::HelperFailure { helper, .. } => CredentialRetrievalError::HelperFailure {
            helper,
            stdout: "(not shown)".to_owned(),
            stderr: "(not shown)".to_owned(),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_hubs_login_is_stored_under_another_name_by_each_tool() {
        for (host, docker, podman) in [
            ("registry-1.docker.io", "https://index.docker.io/v1/", "docker.io"),
            ("registry.lan:5000", "registry.lan:5000", "registry.lan:5000"),
        ] {
            assert_eq!(stored_under(host), (docker.to_owned(), podman.to_owned()));
        }
    }
}
