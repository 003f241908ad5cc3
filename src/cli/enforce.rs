//! `bundle enforce`.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::environment::Environment;
use super::error::Failure;
use super::options::ClusterOptions;
use super::ui::Ui;
use crate::cluster::{Audit, Constraint, EnforceOptions};
use crate::ops::{EnforceRequest, Enforced, enforce};
use crate::spec::Enforcement;

/// Change what Gatekeeper does with what breaks a policy: warn, dryrun or deny
///
/// `deny` is refused while Gatekeeper's audit finds objects that break a policy, or has not looked since the policy changed.
/// Only policies that the installed bundle brought are changed.
#[derive(clap::Args)]
pub struct Args {
    /// What is done with an object that breaks a policy
    #[arg(value_enum)]
    action: Action,
    /// Only this policy; may be given several times [default: all of the installed bundle]
    #[arg(long, value_name = "NAME")]
    policy: Vec<String>,
    /// Write the choice into this site file, so that the next install keeps it
    #[arg(long, value_name = "FILE")]
    to_site: Option<PathBuf>,
    /// Set `deny` although there are violations, or the audit has not looked yet
    #[arg(long)]
    despite_violations: bool,
    /// Take over the field where another manager owns it
    #[arg(long)]
    force_conflicts: bool,
    #[command(flatten)]
    cluster: ClusterOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum Action {
    /// Admit it, with a warning
    Warn,
    /// Admit it; only the audit shows it
    Dryrun,
    /// Refuse it
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
        lines.push("mend these and wait for the next audit, or move other policies with `--policy NAME`, or go on with `--despite-violations`".to_owned());
        lines.push(format!(
            "NOT moved to {action}: {} of the policies would refuse what is there, or might",
            report.refused.len()
        ));
        return lines.join("\n");
    }
    lines.extend(report.moved.iter().map(|one| format!("{}: {} -> {action}", one.name, one.action)));
    lines.extend(report.kept.iter().map(|one| format!("{}: {action} already", one.name)));
    lines.push(match site {
        Some(site) => format!("`{}` says so: the next install with it keeps this", site.display()),
        None => {
            "the next install sets what its site file says; `--to-site FILE` writes this into it".to_owned()
        }
    });
    lines.push(format!("every pod of Gatekeeper enforces {action}"));
    lines.join("\n")
}

/// Returns what stands in the way of a constraint.
fn refusal(constraint: &Constraint, every: u64) -> Vec<String> {
    let Audit { at, changed, total, violations, .. } = &constraint.audit;
    let head = format!("{} ({}): ", constraint.name, constraint.action);
    if !constraint.audit.current {
        let changed = changed.as_deref().unwrap_or("an unknown time");
        let last =
            at.as_ref().map_or("there was none yet".to_owned(), |at| format!("the last one began {at}"));
        return vec![format!(
            "{head}no audit since it was changed, {changed}; {last}, there is one every {every} s"
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

pub(super) fn json(Enforced { report, site }: &Enforced) -> Value {
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
