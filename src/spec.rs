//! What people write: the bundle spec and the site.
//!
//! Both are decoded strictly (an unknown field is an error), and every fault of a file is found in one go.

mod bundle;
mod bundle_file;
mod cidr;
mod compose;
pub mod decode;
mod deny;
mod host_paths;
mod identity;
pub mod node;
mod pattern;
mod policy;
mod policy_file;
mod registries;
pub mod site;
mod site_file;

pub use bundle::{Component, FileSpec, Item, ItemKind, Layers, PlatformFolders, Spec};
pub use compose::{Addition, COMPOSED_HOST, Compose};
pub use decode::{Fault, Faults};
pub use deny::{DenyEntry, DenyList};
pub use host_paths::{HostPaths, InvalidHostPath, below};
pub use identity::{Identity, SubjectMatch};
pub use pattern::{Pattern, PatternError};
pub use policy::{Attestation, Policy, Signed, Signers};
pub use registries::{Certificates, FileMirror, Mirror, Registries};
pub use site::{Enforcement, ImageMode, Platform, PodSecurity, Site};
pub use site_file::{EditError, denying_policies, is_host};

/// The version of the files that people write.
pub const API_VERSION: &str = "bundle/v1alpha1";

/// The largest file that a person is taken to have written, in bytes.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

fn parse_yaml(text: &str, file: &str) -> Result<node::Node, Faults> {
    node::parse(text).map_err(|error| {
        let place = error.location().map(|at| node::Place { line: at.line(), column: at.column() });
        let message = error.without_snippet().to_string().lines().next().unwrap_or_default().to_owned();
        let hint = "mend the YAML at this place".to_owned();
        Faults {
            file: file.to_owned(),
            faults: vec![Fault { place: place.unwrap_or_default(), message, hint }],
        }
    })
}
