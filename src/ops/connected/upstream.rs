//! How upstream is reached.

use crate::ops::error::OpsError;
use crate::registry::{Access, Client};
use crate::spec::{DenyList, FileMirror, Registries};
use crate::trust::TrustedRoot;

/// How upstream is reached.
#[derive(Clone)]
pub struct Upstream {
    /// The client.
    pub client: Client,
    /// Where files come from instead of their own addresses.
    pub files: Option<FileMirror>,
    /// What is refused, signed or not.
    pub deny: DenyList,
    /// What keyless signatures are checked against.
    pub root: TrustedRoot,
}

impl Upstream {
    /// Reaches upstream as the registries file says.
    ///
    /// # Errors
    /// When a certificate, a key or the address of a proxy cannot be used.
    pub fn new(
        registries: Registries,
        deny: DenyList,
        root: TrustedRoot,
        access: &Access,
    ) -> Result<Self, OpsError> {
        let files = registries.files.clone();
        Ok(Self { files, client: Client::with_access(registries, access)?, deny, root })
    }
}
