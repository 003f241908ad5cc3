//! What the process was started with: the one place that reads it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::registry::Proxies;

/// The environment variables that are acted upon.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The password of key files.
    pub password: Option<String>,
    /// The list of kubeconfig files.
    pub kubeconfig: Option<OsString>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// The proxies between this machine and registries.
    pub proxies: Proxies,
    /// The time, in seconds since 1970.
    pub now: i64,
}

impl Environment {
    /// Reads them from the process.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
    pub fn of_process() -> Self {
        Self {
            password: std::env::var("COSIGN_PASSWORD").ok(),
            kubeconfig: std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            home: std::env::var_os("HOME").map(PathBuf::from),
            proxies: Proxies {
                https: either("HTTPS_PROXY", "https_proxy"),
                http: either("HTTP_PROXY", "http_proxy"),
                except: either("NO_PROXY", "no_proxy"),
            },
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs().cast_signed()),
        }
    }

    /// Returns the password of a key file: the variable's, or what is typed at the prompt.
    ///
    /// # Errors
    /// When there is no terminal to ask at.
    pub(super) fn key_password(&self, prompt: &str) -> std::io::Result<String> {
        self.password.clone().map_or_else(|| rpassword::prompt_password(format!("{prompt}: ")), Ok)
    }
}

/// Returns the first of two variables that says something.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
fn either(first: &str, second: &str) -> Option<String> {
    [first, second].into_iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty())
}
