//! The environment of the process: the one place that reads it.

mod logins;
mod process;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use crypto_secretbox::aead::OsRng;
use crypto_secretbox::aead::rand_core::RngCore as _;

use crate::cluster::{Caller, PodAccess};
use crate::ops::OpsError;
use crate::registry::{LoginFiles, Proxies};

/// See: Kubernetes docs, "Accessing the Kubernetes API from a Pod"
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// The environment variables that the program reads, and the time.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The password of key files.
    pub password: Option<String>,
    /// The list of kubeconfig files.
    pub kubeconfig: Option<OsString>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// The API server and service account, if this runs in a pod.
    pub pod: Option<PodAccess>,
    /// The proxies between this machine and registries.
    pub proxies: Proxies,
    /// The files in which logins to registries are stored.
    pub logins: LoginFiles,
    /// The creation time for reproducible output, unparsed.
    pub source_date_epoch: Option<String>,
    /// The time, in seconds since 1970.
    pub now: i64,
}

impl Environment {
    /// Reads the environment of this process.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
    pub fn of_process() -> Self {
        Self {
            password: std::env::var("COSIGN_PASSWORD").ok(),
            kubeconfig: std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            home: std::env::var_os("HOME").map(PathBuf::from),
            pod: pod(),
            proxies: Proxies {
                https: either("HTTPS_PROXY", "https_proxy"),
                http: either("HTTP_PROXY", "http_proxy"),
                except: either("NO_PROXY", "no_proxy"),
            },
            logins: logins::files(|name| std::env::var_os(name)),
            source_date_epoch: std::env::var("SOURCE_DATE_EPOCH").ok().filter(|value| !value.is_empty()),
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs().cast_signed()),
        }
    }

    /// Returns the creation time for reproducible output, in RFC 3339; `None` if the output has none.
    ///
    /// # Errors
    /// When `SOURCE_DATE_EPOCH` is not a number of seconds.
    // See: https://reproducible-builds.org/specs/source-date-epoch/
    pub(super) fn created(&self) -> Result<Option<String>, OpsError> {
        let Some(text) = &self.source_date_epoch else { return Ok(None) };
        let time = text.parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let refused = || OpsError::Usage {
            message: format!("SOURCE_DATE_EPOCH is `{text}`, expected a number of seconds since 1970"),
            hint: "unset it, or set it to the output of `git log -1 --format=%ct`".to_owned(),
        };
        time.map(|time| Some(time.to_string())).ok_or_else(refused)
    }

    /// Returns the holder of the install Lease: this process if it can be identified on this machine, otherwise a random number.
    pub(super) fn caller(&self) -> Caller {
        Caller::starting(self.now, process::token().unwrap_or_else(random), process::has_ended)
    }

    /// Returns the password of a key file: from the variable, or from the prompt.
    ///
    /// # Errors
    /// When there is no terminal for the prompt.
    pub(super) fn key_password(&self, prompt: &str) -> std::io::Result<String> {
        self.password.clone().map_or_else(|| rpassword::prompt_password(format!("{prompt}: ")), Ok)
    }
}

/// Returns a random number, or the process's number if the system has no randomness.
fn random() -> String {
    let mut bytes = [0; 4];
    let number = OsRng.try_fill_bytes(&mut bytes).map(|()| u32::from_ne_bytes(bytes));
    format!("{:08x}", number.unwrap_or_else(|_| std::process::id()))
}

/// Returns the access that the kubelet gives every pod.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
fn pod() -> Option<PodAccess> {
    let [host, port] =
        ["KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"].map(|name| std::env::var(name).ok());
    Some(PodAccess { host: host?, port: port?, folder: SERVICE_ACCOUNT.into() })
}

/// Returns the first of two variables that is not empty.
#[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
fn either(first: &str, second: &str) -> Option<String> {
    [first, second].into_iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty())
}
