//! `bundle uninstall`.

use super::environment::Environment;
use super::error::Failure;
use super::options::{ClusterOptions, ContentsOptions};
use super::ui::Ui;
use crate::cluster::UninstallReport;
use crate::ops::uninstall;

/// Remove what install applied, and nothing else
#[derive(clap::Args)]
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
        text.push_str(&format!(
            ", {} that were there before left as others made them",
            removal.released.len()
        ));
    }
    for (object, reason) in &removal.kept {
        text.push_str(&format!("\n  kept {object}: {reason}"));
    }
    if !removal.held.is_empty() {
        text.push_str(
            "\nthe same command takes them away once nothing of others is in them; `--delete-with-contents KIND/NAME` takes one away as it is",
        );
    }
    text
}

pub(super) fn json(UninstallReport { revision, removal }: &UninstallReport) -> serde_json::Value {
    let kept = removal.kept.iter();
    let kept = kept.map(|(id, reason)| serde_json::json!({"object": id.to_string(), "reason": reason}));
    serde_json::json!({
        "installed": revision.is_some(),
        "deleted": removal.deleted.len(),
        "released": removal.released.len(),
        "kept": kept.collect::<Vec<_>>(),
    })
}
