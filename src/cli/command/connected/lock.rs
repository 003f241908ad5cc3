//! `bundle lock`.

use std::path::PathBuf;

use crate::cli::command::help::{Help, LOGINS, PROXIES};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::UpstreamOptions;
use crate::cli::ui::Ui;
use crate::ops::{LockOptions, LockReport, Update, Workspace, lock};

const HELP: Help = Help {
    examples: &[
        "bundle lock bundles/homelab.yaml",
        "bundle lock bundles/homelab.yaml --update gatekeeper --registries mirrors.yaml",
    ],
    success: "the lock is complete",
    refusal: Some("the lock is out of date, or a policy refused content of upstream"),
    variables: &[PROXIES, LOGINS],
};

/// Resolve a spec's references to digests and write them to its lock
///
/// The lock is a file beside SPEC: commit it. It records the digest and the signers of each image, artifact and file, and an entry stays
/// unchanged until --update replaces it.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    /// Bundle spec
    spec: PathBuf,
    /// Compare the lock with upstream and write nothing
    #[arg(long, conflicts_with = "update")]
    check: bool,
    /// Accept changes of upstream: all, or only entries with these names
    ///
    /// A name matches every entry that contains it.
    #[arg(long, value_name = "NAME", num_args = 0..)]
    update: Option<Vec<String>>,
    #[command(flatten)]
    upstream: UpstreamOptions,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let workspace = Workspace::load(&self.spec)?;
        let update = match self.update {
            None => Update::Nothing,
            Some(names) if names.is_empty() => Update::Everything,
            Some(names) => Update::Named(names),
        };
        let upstream = self.upstream.upstream(ui, environment)?;
        let report = lock(&workspace, &upstream, &LockOptions { update, check: self.check }).await?;
        ui.result(&text(&workspace, &report), &report);
        Ok(true)
    }
}

fn text(workspace: &Workspace, report: &LockReport) -> String {
    let root: String = report.trusted_root.iter().map(|root| format!("trusted root: {root}\n")).collect();
    let changes: String = report.changes.iter().map(|change| format!("  {change}\n")).collect();
    let verb = if report.written { "wrote" } else { "no changes to" };
    let path = workspace.lock_path.display();
    format!("{root}{verb} {path}: {} images and artifacts, {} files\n{changes}", report.items, report.files)
}
