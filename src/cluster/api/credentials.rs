//! Errors about credentials, without the output of a plugin: that may be the credentials.

use std::process::Output;

use kube::client::AuthError;

use super::error::ClusterError;

/// How much of a plugin's error output is repeated, in characters.
const LONGEST: usize = 400;

/// Returns what went wrong with the credentials, if that is what went wrong.
pub(in crate::cluster) fn of_credentials(error: &kube::Error, plugin: Option<&str>) -> Option<ClusterError> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(next) = cause {
        if let Some(auth) = next.downcast_ref::<AuthError>() {
            let plugin = plugin.map(|command| format!(" of the plugin `{command}`")).unwrap_or_default();
            return Some(ClusterError::Credentials { plugin, reason: reason(auth) });
        }
        cause = next.source();
    }
    None
}

/// The library's own words repeat a plugin's environment, arguments and output.
fn reason(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { out, .. } => failed(out),
        AuthError::AuthExecStart(error) => format!("it cannot be started: {error}"),
        AuthError::AuthExecParse(_) => "its output is not an ExecCredential".to_owned(),
        AuthError::ParseTokenKey(_) => "its output is not JSON".to_owned(),
        other => other.to_string(),
    }
}

fn failed(out: &Output) -> String {
    let words = String::from_utf8_lossy(&out.stderr);
    let words: String = words.trim().chars().take(LONGEST).collect();
    match words.as_str() {
        "" => format!("it ended with {}", out.status),
        words => format!("it ended with {}: {words}", out.status),
    }
}
