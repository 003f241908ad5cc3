//! `bundle uninstall`.

use crate::cli::command::help::{CLUSTER, Help, PROXIES};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::{ClusterOptions, ContentsOptions};
use crate::cli::ui::Ui;
use crate::cluster::UninstallReport;
use crate::ops::uninstall;

const HELP: Help = Help {
    examples: &["bundle uninstall", "bundle uninstall --delete-with-contents namespace/falco"],
    success: "removed; kept objects are listed",
    refusal: Some("an object was not deleted in time, or another run holds the Lease"),
    variables: &[CLUSTER, PROXIES],
};

/// Remove what install applied, and nothing else
///
/// Keeps and lists namespaces and other objects that still hold objects of others.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    #[command(flatten)]
    cluster: ClusterOptions,
    #[command(flatten)]
    contents: ContentsOptions,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let cluster = self.cluster.connect(environment);
        let report =
            uninstall(&cluster, &self.contents.asked(), &environment.caller(), &*ui.reporter()).await?;
        ui.result(&text(&report), &json(&report));
        Ok(true)
    }
}

fn text(report: &UninstallReport) -> String {
    let Some(revision) = &report.revision else { return "nothing is installed".to_owned() };
    let removal = &report.removal;
    let mut text = format!(
        "uninstalled {} {}: {} objects deleted",
        revision.bundle,
        revision.version,
        removal.deleted.len()
    );
    if !removal.released.is_empty() {
        text.push_str(&format!(", {} that existed before the install left in place", removal.released.len()));
    }
    for (object, reason) in &removal.kept {
        text.push_str(&format!("\n  kept {object}: {reason}"));
    }
    if !removal.held.is_empty() {
        text.push_str(
            "\nrun the same command again once they hold no objects of others, or add `--delete-with-contents KIND/NAME`",
        );
    }
    text
}

pub fn json(UninstallReport { revision, removal }: &UninstallReport) -> serde_json::Value {
    let kept = removal.kept.iter();
    let kept = kept.map(|(id, reason)| serde_json::json!({"object": id.to_string(), "reason": reason}));
    serde_json::json!({
        "installed": revision.is_some(),
        "deleted": removal.deleted.len(),
        "released": removal.released.len(),
        "kept": kept.collect::<Vec<_>>(),
    })
}
