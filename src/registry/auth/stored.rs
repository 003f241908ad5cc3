//! What is stored for a repository in the files of Docker and Podman, and by their helpers.

mod file;
mod helper;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::login::Login;
use crate::registry::error::RegistryError;
use file::{Found, LoginFile, refused};

/// The files in which logins are stored, in the order in which they are asked. The first that knows a login counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginFiles {
    /// The one that was named, and so has to be there.
    pub named: Option<PathBuf>,
    /// Where there may be others.
    pub usual: Vec<PathBuf>,
}

/// What helpers told, by helper and server: one may ask a person, and is asked once.
type Told = HashMap<(String, String), Option<Login>>;

/// Asks a helper about a server. `None` if the helper has no login for the server.
type Asking<'a> = dyn FnMut(&str, &str) -> Result<Option<Login>, RegistryError> + 'a;

/// The logins that are stored.
#[derive(Clone)]
pub(crate) enum Logins {
    Stored(LoginFiles, Arc<Mutex<Told>>),
    #[cfg(test)]
    Fixed(HashMap<String, Login>),
}

impl Logins {
    pub(crate) fn new(files: &LoginFiles) -> Self {
        Self::Stored(files.clone(), Arc::default())
    }

    /// Returns the login for a repository of a host.
    pub(crate) async fn of(&self, host: &str, repository: &str) -> Result<Login, RegistryError> {
        let (files, told) = match self {
            Self::Stored(files, told) => (files.clone(), told.clone()),
            #[cfg(test)]
            Self::Fixed(logins) => return Ok(logins.get(host).cloned().unwrap_or(Login::Anonymous)),
        };
        let (host, repository) = (host.to_owned(), repository.to_owned());
        let stored = tokio::task::spawn_blocking(move || {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            files.login(&host, &repository, &mut |helper, server| ask_once(&mut told, helper, server))
        });
        stored.await.unwrap_or_else(|_| Err(refused("the credential files", "could not be read")))
    }
}

impl LoginFiles {
    /// Looks a login up; `ask` asks a helper about a server.
    fn login(&self, host: &str, repository: &str, ask: &mut Asking<'_>) -> Result<Login, RegistryError> {
        let named = self.named.iter().map(|path| (path, true));
        for (path, required) in named.chain(self.usual.iter().map(|path| (path, false))) {
            let Some(file) = LoginFile::read(path, required)? else { continue };
            for found in file.search(host, repository) {
                let login = match found {
                    Found::Login(login) => Some(login?),
                    Found::Helper(helper, server) => ask(&helper, &server)?,
                };
                if let Some(login) = login {
                    return Ok(login);
                }
            }
        }
        Ok(Login::Anonymous)
    }
}

fn ask_once(told: &mut Told, helper: &str, server: &str) -> Result<Option<Login>, RegistryError> {
    let key = (helper.to_owned(), server.to_owned());
    if let Some(known) = told.get(&key) {
        return Ok(known.clone());
    }
    let login = helper::ask(helper, server)?;
    told.insert(key, login.clone());
    Ok(login)
}

#[cfg(test)]
mod tests;
