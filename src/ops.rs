//! The commands, one function each. They return reports and print nothing.

mod assemble;
mod build;
mod complete;
mod compose;
mod diff;
mod enforce;
mod error;
mod extract;
mod gather;
mod inspect;
mod install;
mod judge;
mod keygen;
mod lock;
mod preflight;
mod publish;
mod push;
mod render;
mod serve;
mod sign;
mod status;
mod verify;
mod workspace;

pub use build::{BuildOptions, BuildReport, build};
pub use diff::{DiffReport, diff};
pub use enforce::{EnforceRequest, Enforced, enforce};
pub use error::{EntryError, OpsError};
pub use extract::{ExtractReport, Extracted, extract};
pub use gather::Upstream;
pub use inspect::{InspectReport, InspectedSignature, inspect};
pub use install::{
    InstallOptions, InstallReport, PlanReport, Target, install, plan, probe, probe_live, site_endpoint,
    uninstall,
};
pub use keygen::{KeygenReport, key_files, keygen};
pub use lock::{LockOptions, LockReport, Update, lock};
pub use preflight::{Preflight, PreflightReport, preflight};
pub use publish::{PublishOptions, PublishReport, Published, gitops_files, publish};
pub use push::{PushOptions, missing, push};
pub use render::{SiteChoice, look_at_folder, render_site, write_rendered};
pub use serve::catalog;
pub use sign::{Attachment, SignError, SignOptions, SignReport, SlotReport, SlotState, sign};
pub use status::{StatusReport, status};
pub use verify::{BundleTrust, Trust, VerifyReport, open, verify};
pub use workspace::{Workspace, read_authority, read_site, read_text};
