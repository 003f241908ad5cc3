//! `bundle enforce`.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};

use crate::cli::command::help::{CLUSTER, Help, PROXIES};
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::options::ClusterOptions;
use crate::cli::ui::Ui;
use crate::cluster::{Audit, Constraint, EnforceOptions};
use crate::ops::{EnforceRequest, Enforced, enforce};
use crate::spec::Enforcement;

const HELP: Help = Help {
    examples: &["bundle enforce warn", "bundle enforce deny --policy block-latest-tag --to-site site.yaml"],
    success: "every Gatekeeper pod enforces the action",
    refusal: Some("refused: violations, no current audit, or a conflict"),
    variables: &[CLUSTER, PROXIES],
};

/// Set the enforcement action of Gatekeeper policies
///
/// Changes only policies of the installed bundle, and returns when every Gatekeeper pod enforces them. Refuses `deny` while Gatekeeper's
/// audit reports violations, or has not run since a policy changed. The next install sets what its site file says: see --to-site.
#[derive(clap::Args)]
#[command(after_help = HELP.short(), after_long_help = HELP.long())]
pub struct Args {
    /// Action for objects that violate a policy
    #[arg(value_enum)]
    action: Action,
    /// Change only this policy; repeatable; default: all of the bundle
    #[arg(long, value_name = "NAME")]
    policy: Vec<String>,
    /// Write the action to this site file, so that the next install keeps it
    #[arg(long, value_name = "FILE")]
    to_site: Option<PathBuf>,
    /// Set `deny` despite violations or without a current audit
    #[arg(long)]
    despite_violations: bool,
    /// Take over fields that another manager owns
    #[arg(long, help_heading = "Cluster")]
    force_conflicts: bool,
    #[command(flatten)]
    cluster: ClusterOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum Action {
    /// Admit them with a warning
    Warn,
    /// Admit them; only the audit reports them
    Dryrun,
    /// Reject them
    Deny,
}

impl Args {
    pub async fn run(self, ui: &Ui, environment: &Environment) -> Result<bool, Failure> {
        let action = match self.action {
            Action::Warn => Enforcement::Warn,
            Action::Dryrun => Enforcement::Dryrun,
            Action::Deny => Enforcement::Deny,
        };
        let options = EnforceOptions {
            action,
            policies: self.policy,
            despite_violations: self.despite_violations,
            force_conflicts: self.force_conflicts,
        };
        let cluster = self.cluster.connect(environment);
        let request =
            EnforceRequest { cluster, caller: environment.caller(), options, to_site: self.to_site };
        let enforced = enforce(&request, &*ui.reporter()).await?;
        ui.result(&text(&enforced), &json(&enforced));
        Ok(enforced.report.refused.is_empty())
    }
}

fn text(Enforced { report, site }: &Enforced) -> String {
    let action = report.action.name();
    let mut lines = Vec::new();
    for constraint in &report.refused {
        lines.extend(refusal(constraint, report.audit_every.as_secs()));
    }
    if !report.refused.is_empty() {
        lines.push("fix these and wait for the next audit, change other policies with `--policy NAME`, or override with `--despite-violations`".to_owned());
        lines.push(format!("NOT changed to {action}: blocked by {} of the policies", report.refused.len()));
        return lines.join("\n");
    }
    lines.extend(report.moved.iter().map(|one| format!("{}: {} -> {action}", one.name, one.action)));
    lines.extend(report.kept.iter().map(|one| format!("{}: already {action}", one.name)));
    lines.push(match site {
        Some(site) => format!("wrote `{}`: the next install with it keeps this", site.display()),
        None => "the next install sets what its site file says; add `--to-site FILE` to write this to it"
            .to_owned(),
    });
    lines.push(format!("every Gatekeeper pod enforces {action}"));
    lines.join("\n")
}

/// Returns why a constraint is not changed.
fn refusal(constraint: &Constraint, every: u64) -> Vec<String> {
    let Audit { at, changed, total, violations, .. } = &constraint.audit;
    let head = format!("{} ({}): ", constraint.name, constraint.action);
    if !constraint.audit.current {
        let changed = changed.as_deref().unwrap_or("an unknown time");
        let last =
            at.as_ref().map_or("no audit has run yet".to_owned(), |at| format!("the last one started {at}"));
        return vec![format!(
            "{head}no audit since it changed ({changed}); {last}; audits run every {every} s"
        )];
    }
    let shown = if violations.len() as u64 == *total {
        String::new()
    } else {
        format!(", {} shown", violations.len())
    };
    let mut lines =
        vec![format!("{head}{total} violations{shown}, audit of {}", at.as_deref().unwrap_or_default())];
    lines.extend(violations.iter().map(|one| {
        let place = one.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        format!("  {} {place}{}: {}", one.kind.to_lowercase(), one.name, one.message)
    }));
    lines
}

pub fn json(Enforced { report, site }: &Enforced) -> Value {
    let moved = report.moved.iter().map(|one| json!({"name": one.name, "before": one.action}));
    json!({
        "action": report.action,
        "done": report.refused.is_empty(),
        "moved": moved.collect::<Vec<_>>(),
        "kept": report.kept.iter().map(|one| &one.name).collect::<Vec<_>>(),
        "refused": report.refused,
        "auditIntervalSeconds": (!report.refused.is_empty()).then_some(report.audit_every.as_secs()),
        "site": site,
    })
}
