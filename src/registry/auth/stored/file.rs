//! One file of logins: Docker's `config.json`, or Podman's `auth.json`, which is of the same form.
// See: https://docs.docker.com/reference/cli/docker/login/, containers-auth.json(5)

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use crate::registry::auth::login::Login;
use crate::registry::error::RegistryError;

/// The largest file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;
/// The name under which Docker stores the login of Docker Hub.
const HUB: &str = "https://index.docker.io/v1/";
const DECODER: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A file that was read. What is in it is never shown.
pub(super) struct LoginFile {
    what: String,
    content: Content,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Content {
    auths: Option<BTreeMap<String, Entry>>,
    creds_store: Option<String>,
    cred_helpers: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

/// What a file says about a repository.
pub(super) enum Found {
    /// The login itself, or why it cannot be used.
    Login(Result<Login, RegistryError>),
    /// The helper that may know it, and the server that it knows it by.
    Helper(String, String),
}

impl LoginFile {
    /// Reads a file. `None` if it does not exist.
    pub(super) fn read(path: &Path, required: bool) -> Result<Option<Self>, RegistryError> {
        let what = format!("the credential file `{}`", path.display());
        let failed = |error: std::io::Error| refused(&what, &format!("cannot be read: {error}"));
        let length = match fs::metadata(path) {
            Ok(found) => found.len(),
            // Below what is no folder, `/dev/null` for one, there is nothing either.
            Err(error) if !required && is_absent(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if length > MAX_BYTES {
            return Err(refused(&what, &format!("larger than the limit of {MAX_BYTES} bytes")));
        }
        let text = fs::read(path).map_err(failed)?;
        if text.trim_ascii().is_empty() {
            return Ok(None);
        }
        // The words of the library may repeat a part of the file.
        let content = serde_json::from_slice(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            refused(&what, &format!("expected JSON as `docker login` writes it, found something else at line {line}, column {column}"))
        })?;
        Ok(Some(Self { what, content }))
    }

    /// Returns what may be the login for a repository, the best first: the helper of its host, what is stored for the longest
    /// part of its path, the helper of all hosts.
    pub(super) fn search(self, host: &str, repository: &str) -> impl Iterator<Item = Found> {
        let host = canonical(host);
        let Self { what, content } = self;
        let helpers = content.cred_helpers.unwrap_or_default();
        let own = helpers.into_iter().find(|(key, helper)| name(key) == host && !helper.is_empty());
        let own = own.map(|(server, helper)| Found::Helper(helper, server));
        let stored = stored(&content.auths.unwrap_or_default(), host, repository, &what).map(Found::Login);
        let server = if host == "docker.io" { HUB } else { host }.to_owned();
        let all = content.creds_store.filter(|helper| !helper.is_empty());
        [own, stored, all.map(|helper| Found::Helper(helper, server))].into_iter().flatten()
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Finds what is stored for the longest part of a repository's path, or for its host.
fn stored(
    entries: &BTreeMap<String, Entry>,
    host: &str,
    repository: &str,
    what: &str,
) -> Option<Result<Login, RegistryError>> {
    let mut wanted = format!("{host}/{repository}");
    loop {
        let mut all = entries.iter().filter(|(key, _)| name(key) == wanted);
        if let Some(found) = all.find_map(|(key, entry)| entry.login(key, what).transpose()) {
            return Some(found);
        }
        wanted.truncate(wanted.rfind('/')?);
    }
}

/// Returns what a key of a file names: a host, or a part of a path below it. An address stands for its host.
fn name(key: &str) -> String {
    let (rest, address) = match key.split_once("://") {
        Some((_, rest)) => (rest, true),
        None => (key, false),
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.trim_end_matches('/');
    let host = canonical(host);
    if address || ["", "v1", "v2"].contains(&path) { host.to_owned() } else { format!("{host}/{path}") }
}

/// Returns a host's name; Docker Hub has several.
fn canonical(host: &str) -> &str {
    if ["registry-1.docker.io", "index.docker.io"].contains(&host) { "docker.io" } else { host }
}

impl Entry {
    /// Returns the login of an entry. `None`: it holds none, as where a helper keeps it.
    fn login(&self, key: &str, what: &str) -> Result<Option<Login>, RegistryError> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = given(&self.identitytoken) {
            return Ok(Some(Login::Identity(token)));
        }
        if let Some(auth) = given(&self.auth) {
            let login = decode(&auth).ok_or_else(|| {
                refused(what, &format!("what it holds for `{key}` is not base64 of USER:PASSWORD"))
            });
            return login.map(Some);
        }
        Ok(given(&self.username)
            .zip(given(&self.password))
            .map(|(user, password)| Login::Basic(user, password)))
    }
}

fn decode(auth: &str) -> Option<Login> {
    let text = String::from_utf8(DECODER.decode(auth.trim()).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    // Docker pads a password with zero bytes.
    Some(Login::Basic(user.to_owned(), password.trim_end_matches('\0').to_owned()))
}

pub(super) fn refused(what: &str, reason: &str) -> RegistryError {
    let hint = "fix the file, or remove it and log in again with `docker login`, podman or skopeo";
    RegistryError::Setup { what: what.to_owned(), reason: reason.to_owned(), hint }
}
