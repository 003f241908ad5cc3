//! What `bundle install --plan` prints: every change that an install would make.

use serde_json::{Value, json};

use super::size::bytes;
use crate::cluster::{
    Decision, Fate, FieldChange, Forecast, Plan, PlannedLayer, PlannedObject, PlannedRemoval,
};
use crate::ops::PlanReport;
use crate::registry::push::PushPlan;

/// A longer value is cut, in characters.
const LONGEST_VALUE: usize = 100;

/// Returns the plan for people.
pub fn text(report: &PlanReport) -> String {
    let plan = &report.plan;
    let mut lines: Vec<_> = report.preflight.findings.iter().map(ToString::to_string).collect();
    lines.push(before(report));
    lines.extend(report.preflight.push.as_ref().map(push_line));
    lines.extend(plan.layers.iter().flat_map(layer_lines));
    if !plan.prune.is_empty() {
        lines.push("no longer in the bundle:".to_owned());
        lines.extend(plan.prune.iter().map(removal_line));
    }
    if !report.node_files.is_empty() {
        lines.push("files required on the nodes (`bundle render` writes them):".to_owned());
        lines.extend(report.node_files.iter().map(|file| format!("  nodes/{file}")));
    }
    lines.push(if report.is_empty() { "nothing to do".to_owned() } else { totals(plan) });
    lines.join("\n")
}

fn push_line(push: &PushPlan) -> String {
    let (blobs, size) = (push.blobs, bytes(push.bytes));
    format!(
        "push: {blobs} blobs ({size}) of {} entries; {} entries already in the registry",
        push.entries, push.present
    )
}

fn before(report: &PlanReport) -> String {
    let (name, version) = (&report.verified.name, &report.verified.version);
    let there = match &report.plan.before {
        None => "nothing is installed".to_owned(),
        Some((before, true)) => format!("{} {} is installed", before.bundle, before.version),
        Some((before, false)) => format!("an install of {} {} is incomplete", before.bundle, before.version),
    };
    format!("plan for {name} {version}; {there}")
}

fn layer_lines(layer: &PlannedLayer) -> Vec<String> {
    let kept = layer.objects.iter().filter(|object| object.decision == Ok(Decision::Keep)).count();
    let mut lines =
        vec![format!("layer {}: {kept} of {} objects up to date", layer.name, layer.objects.len())];
    lines.extend(layer.objects.iter().flat_map(object_lines));
    lines.extend(layer.left_out.iter().map(|name| format!("  skip    {name}: the cluster has no such kind")));
    lines
}

fn object_lines(object: &PlannedObject) -> Vec<String> {
    let id = &object.id;
    let line = match &object.decision {
        Ok(Decision::Keep) => return vec![],
        Ok(Decision::Create) => format!("  create  {id}"),
        Err(reason) => format!("  REFUSED {id}: {reason}"),
        Ok(Decision::Change { fields }) if fields.is_empty() => {
            format!("  change  {id}: field ownership only")
        }
        Ok(Decision::Change { .. }) => format!("  change  {id}"),
    };
    let fields = match &object.decision {
        Ok(Decision::Change { fields }) => fields.iter().map(field_line).collect(),
        _ => vec![],
    };
    let forecast = object.forecast.iter().flat_map(forecast_lines);
    let below = fields.into_iter().chain(forecast).map(|line| format!("            {line}"));
    [line].into_iter().chain(below).collect()
}

fn forecast_lines(forecast: &Forecast) -> Vec<String> {
    let Some(audit) = &forecast.audit else {
        return vec!["rejects violations immediately, and no audit has run yet: install with `warn`, check `bundle status`, then run `bundle enforce deny`".to_owned()];
    };
    let violations = audit.violations.iter().map(|one| {
        let namespace = one.namespace.as_ref().map(|name| format!("{name}/")).unwrap_or_default();
        format!("  {} {namespace}{}: {}", one.kind.to_lowercase(), one.name, one.message)
    });
    let shown = audit.violations.len();
    [format!("would reject {} running objects according to the last audit ({shown} shown)", audit.total)]
        .into_iter()
        .chain(violations)
        .collect()
}

fn field_line(change: &FieldChange) -> String {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => format!("{}: {} -> {}", change.path, short(before), short(after)),
        (None, Some(after)) => format!("{}: added {}", change.path, short(after)),
        (Some(before), None) => format!("{}: removed {}", change.path, short(before)),
        (None, None) => change.path.clone(),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(LONGEST_VALUE) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn removal_line(removal: &PlannedRemoval) -> String {
    let id = &removal.id;
    match &removal.fate {
        Fate::Delete => format!("  delete  {id}"),
        Fate::Release => format!("  release {id}: it existed before the install and is left in place"),
        Fate::Keep { reason, .. } => format!("  keep    {id}: {reason}"),
        Fate::Forget => format!("  forget  {id}: already deleted"),
    }
}

fn totals(plan: &Plan) -> String {
    let decisions = || plan.objects().filter_map(|object| object.decision.as_ref().ok());
    let count = |wanted: fn(&Decision) -> bool| decisions().filter(|decision| wanted(decision)).count();
    let deleted = plan.prune.iter().filter(|removal| removal.fate == Fate::Delete).count();
    format!(
        "{} to create, {} to change, {} to delete, {} refused",
        count(|decision| *decision == Decision::Create),
        count(|decision| matches!(decision, Decision::Change { .. })),
        deleted,
        plan.refused().count()
    )
}

/// Returns the plan for programs.
pub fn json(report: &PlanReport) -> Value {
    let plan = &report.plan;
    let objects = plan.layers.iter().flat_map(|layer| {
        layer.objects.iter().map(|object| {
            let mut value = json!({"layer": layer.name, "object": object.id, "file": object.file});
            merge(
                &mut value,
                match &object.decision {
                    Ok(decision) => json!(decision),
                    Err(reason) => json!({"action": "refused", "reason": reason}),
                },
            );
            if let Some(forecast) = &object.forecast {
                value["forecast"] = json!(forecast);
            }
            value
        })
    });
    let removals = plan.prune.iter().map(|removal| {
        let mut value = json!({"object": removal.id});
        merge(&mut value, json!(removal.fate));
        value
    });
    json!({
        "empty": report.is_empty(),
        "findings": report.preflight.findings,
        "push": report.preflight.push,
        "bundle": {"name": report.verified.name, "version": report.verified.version, "digest": report.verified.digest},
        "before": plan.before.as_ref().map(|(before, complete)| {
            json!({"name": before.bundle, "version": before.version, "digest": before.digest, "complete": complete})
        }),
        "objects": objects.collect::<Vec<_>>(),
        "prune": removals.collect::<Vec<_>>(),
        "leftOut": plan.layers.iter().flat_map(|layer| &layer.left_out).collect::<Vec<_>>(),
        "records": plan.records,
        "nodeFiles": report.node_files,
    })
}

fn merge(value: &mut Value, more: Value) {
    if let (Value::Object(value), Value::Object(more)) = (value, more) {
        value.extend(more);
    }
}
