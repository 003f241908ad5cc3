//! The commands, one function each. They return reports and print nothing.
//!
//! Rooms, each importing from those before it: `error` → `files`, `bundle`, `databases` → `site`, `judge` → `connected` and
//! `airgap`, which do not know each other, and beside them the commands of both sides: `diff`, `extract`, `inspect`, `keygen`,
//! `sign`.

mod airgap;
mod bundle;
mod connected;
mod databases;
mod diff;
mod error;
mod extract;
mod files;
mod inspect;
mod judge;
mod keygen;
mod sign;
mod site;
mod stopped;

pub use airgap::enforce::{EnforceRequest, Enforced, enforce};
pub use airgap::install::{InstallOptions, InstallReport, PlanReport, install, plan, site_endpoint};
pub use airgap::open::{BundleTrust, Trust, open};
pub use airgap::preflight::{Preflight, PreflightReport, preflight};
pub use airgap::probe::{probe, probe_live};
pub use airgap::publish::{PublishOptions, PublishReport, Published, gitops_files, publish};
pub use airgap::push::{PushOptions, missing, push};
pub use airgap::render::{look_at_folder, render_site, write_rendered};
pub use airgap::serve::catalog;
pub use airgap::status::{StatusReport, status};
pub use airgap::target::Target;
pub use airgap::uninstall::uninstall;
pub use airgap::verify::report::{VerifiedItem, VerifyReport};
pub use airgap::verify::verify;
pub use connected::build::{BuildOptions, BuildReport, build};
pub use connected::lock::{LockOptions, LockReport, Update, lock};
pub use connected::upstream::Upstream;
pub use connected::workspace::Workspace;
pub use diff::{DiffReport, diff};
pub use error::{EntryError, OpsError, SignError};
pub use extract::{ExtractReport, Extracted, extract};
pub use files::read_text;
pub use inspect::{InspectReport, InspectedEntry, InspectedSignature, inspect};
pub use keygen::{KeygenReport, key_files, keygen};
pub use sign::{Attachment, SignOptions, SignReport, SlotReport, SlotState, sign};
pub use site::{SiteChoice, read_authority, read_site};
pub use stopped::StoppedInstall;
