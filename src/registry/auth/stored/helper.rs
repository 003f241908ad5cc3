//! Asks a credential helper. What it prints may hold the secret itself, and is never told.
// See: https://github.com/docker/docker-credential-helpers

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;

use crate::registry::auth::login::Login;
use crate::registry::error::RegistryError;

/// The largest answer, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// The user in whose place an identity token stands.
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// Asks the helper of a name about a server. `None` if the helper has no login for the server.
pub(super) fn ask(name: &str, server: &str) -> Result<Option<Login>, RegistryError> {
    let program = format!("docker-credential-{name}");
    let failed = |reason: String| RegistryError::Setup {
        what: format!("the credential helper `{program}`"),
        reason,
        hint: "run it by hand to see what it says: `echo SERVER | docker-credential-NAME get`; or take it out of the credential file",
    };
    let mut command = Command::new(&program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let child = command.spawn().map_err(|error| failed(format!("cannot be run: {error}")))?;
    let (success, said) = talk(child, server).map_err(|error| failed(format!("broke off: {error}")))?;
    match (success, serde_json::from_slice::<Answer>(&said)) {
        (true, Ok(answer)) => Ok(answer.login()),
        (true, Err(_)) => Err(failed(format!("gives an invalid answer for `{server}`"))),
        // In these words every helper says that it has nothing.
        (false, _) if String::from_utf8_lossy(&said).contains("credentials not found") => Ok(None),
        (false, _) => Err(failed(format!("failed for `{server}`"))),
    }
}

fn talk(mut child: Child, server: &str) -> std::io::Result<(bool, Vec<u8>)> {
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read its input may still answer.
        _ = stdin.write_all(server.as_bytes());
    }
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX_BYTES).read_to_end(&mut said)?;
    }
    Ok((child.wait()?.success(), said))
}

impl Answer {
    fn login(self) -> Option<Login> {
        match self.username.as_str() {
            _ if self.secret.is_empty() => None,
            TOKEN_USER => Some(Login::Identity(self.secret)),
            _ => Some(Login::Basic(self.username, self.secret)),
        }
    }
}
