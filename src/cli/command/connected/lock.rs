//! `bundle lock`.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::Failure;
use super::options::UpstreamOptions;
use super::ui::Ui;
use crate::ops::{LockOptions, Update, Workspace, lock};

/// Resolve every reference of a spec to a digest, and write the lock beside it
#[derive(clap::Args)]
pub struct Args {
    /// The bundle spec
    spec: PathBuf,
    /// Compare with what upstream has now, and write nothing
    #[arg(long, conflicts_with = "update")]
    check: bool,
    /// Take over what moved: everything, or only what has one of these names in it
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
        let report = lock(
            &workspace,
            &self.upstream.upstream(ui, environment)?,
            &LockOptions { update, check: self.check },
        )
        .await?;
        let changes: String = report.changes.iter().map(|change| format!("  {change}\n")).collect();
        let verb = if report.written { "wrote" } else { "nothing to change in" };
        let root =
            report.trusted_root.iter().map(|root| format!("trusted root: {root}\n")).collect::<String>();
        let text = format!(
            "{root}{verb} {}: {} images and artifacts, {} files\n{changes}",
            workspace.lock_path.display(),
            report.items,
            report.files
        );
        ui.result(&text, &report);
        Ok(true)
    }
}
