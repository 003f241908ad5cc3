//! What is stored for a host in the files of Docker and Podman, and by their helpers.

use std::collections::HashMap;

use docker_credential::{CredentialRetrievalError, DockerCredential};
use tokio::sync::Mutex;

/// Who logs in.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::registry) enum Login {
    /// Nobody.
    Anonymous,
    /// A user with a password.
    Basic(String, String),
    /// Whoever holds this token, which the token service takes in exchange for others.
    Identity(String),
}

/// The logins by host, each looked up once: a helper may ask a person.
#[derive(Default)]
pub(super) struct Logins(Mutex<HashMap<String, Login>>);

impl Logins {
    /// Returns the login of a host, or why it cannot be read.
    pub(super) async fn of(&self, host: &str) -> Result<Login, String> {
        let mut known = self.0.lock().await;
        if let Some(login) = known.get(host) {
            return Ok(login.clone());
        }
        let login = stored(host).await?;
        known.insert(host.to_owned(), login.clone());
        Ok(login)
    }

    #[cfg(test)]
    pub(super) fn fixed(logins: impl IntoIterator<Item = (String, Login)>) -> Self {
        Self(Mutex::new(logins.into_iter().collect()))
    }
}

async fn stored(host: &str) -> Result<Login, String> {
    let (docker, podman) = stored_under(host);
    let found = tokio::task::spawn_blocking(move || {
        docker_credential::get_credential(&docker).or_else(|error| match refused(&error) {
            Some(_) => Err(error),
            None => docker_credential::get_podman_credential(&podman),
        })
    });
    match found.await {
        Ok(Ok(DockerCredential::UsernamePassword(user, password))) => Ok(Login::Basic(user, password)),
        Ok(Ok(DockerCredential::IdentityToken(token))) => Ok(Login::Identity(token)),
        Ok(Err(error)) => refused(&error).map_or(Ok(Login::Anonymous), Err),
        Err(_) => Err("the credential files could not be read".to_owned()),
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

/// Tells why something that is stored cannot be used; that nothing is stored is no reason.
fn refused(error: &CredentialRetrievalError) -> Option<String> {
    use CredentialRetrievalError as E;
    match error {
        // What a helper says may hold the secret itself, and a helper that knows nobody fails, too.
        E::HelperFailure { stdout, .. } if stdout.contains("credentials not found") => None,
        E::HelperFailure { helper, .. } => {
            Some(format!("the credential helper `{helper}` failed; run it by hand to see what it says"))
        }
        E::HelperCommunicationError => {
            Some("the credential helper that the Docker or Podman file names cannot be run".to_owned())
        }
        E::MalformedHelperResponse => Some("the credential helper does not answer as one does".to_owned()),
        E::CredentialDecodingError => {
            Some("what the credential file holds is not base64 of USER:PASSWORD".to_owned())
        }
        E::CredentialMismatchError => Some("the credential file holds two different logins".to_owned()),
        E::NoCredentialConfigured | E::ConfigNotFound | E::ConfigReadError => None,
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

    #[test]
    fn what_a_helper_printed_is_not_told() {
        let failure = |stdout: &str| CredentialRetrievalError::HelperFailure {
            helper: "docker-credential-x".to_owned(),
            stdout: stdout.to_owned(),
            stderr: "hunter2".to_owned(),
        };
        assert_eq!(refused(&failure("credentials not found in native keychain")), None);
        let said = refused(&failure("hunter2")).unwrap();
        assert_eq!(
            said,
            "the credential helper `docker-credential-x` failed; run it by hand to see what it says"
        );
    }
}
