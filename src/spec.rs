//! What people write: the bundle spec and the site.
//!
//! Both are decoded strictly (an unknown field is an error), and every fault of a file is found in one go.
//!
//! The types of a file and its reader are apart: `bundle` and `bundle_file`, `policy` and `policy::file`, `site` and `site_file`.
//! A reader imports the types, never the other way round.

mod bundle;
mod bundle_file;
mod certificates;
mod compose;
pub mod decode;
mod deny;
mod file;
mod host;
mod host_paths;
pub mod node;
mod policy;
mod registries;
pub mod site;
mod site_file;

pub use bundle::{Component, FileSpec, Item, ItemKind, Layers, PlatformFolders, Spec};
pub use certificates::Certificates;
pub use compose::{Addition, COMPOSED_HOST, Compose};
pub use decode::{Fault, Faults};
pub use deny::{DenyEntry, DenyList};
pub use file::{API_VERSION, MAX_FILE_BYTES};
pub use host::is_host;
pub use host_paths::{HostPaths, InvalidHostPath, below};
pub use policy::identity::{Identity, SubjectMatch};
pub use policy::pattern::{Pattern, PatternError};
pub use policy::{Attestation, Policy, Signed, Signers};
pub use registries::{FileMirror, Mirror, Registries};
pub use site::{Enforcement, ImageMode, Platform, PodSecurity, Site};
pub use site_file::{EditError, denying_policies};
