//! What `bundle status` prints: problems first, then what is installed.

use serde_json::{Value, json as value};

use crate::cluster::{Constraint, LayerStatus, Status};
use crate::ops::StatusReport;
use crate::rendered::Database;
use crate::report::printable;

/// Longer text from the cluster is cut, in characters.
const LONGEST_TEXT: usize = 200;

/// Whether the time of the last audit is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Audits {
    /// It is shown.
    Shown,
    /// It is hidden, so that a new audit with the same findings is no change.
    Hidden,
}

/// Returns the status for people, with the problems first.
pub fn text(report: &StatusReport, audits: Audits) -> String {
    let cluster = format!("kubernetes {} at {}", report.version, report.server);
    let Some(status) = &report.status else { return format!("{cluster}\nnothing is installed") };
    let reasons = status.reasons();
    let mut lines = Vec::new();
    if !reasons.is_empty() {
        lines.push("NOT as installed:".to_owned());
        lines.extend(reasons.iter().map(|reason| format!("  {reason}")));
    }
    lines.extend(installed(status));
    lines.push(format!("{cluster}, rendered for {}", status.platform.name()));
    lines.extend(status.layers.iter().map(layer_line));
    lines.extend(status.constraints.iter().map(|constraint| constraint_line(constraint, audits)));
    let passed = status.probes.results.iter().filter(|result| result.passed).count();
    lines.push(format!("probes: {passed} of {} answered as expected", status.probes.results.len()));
    lines.extend(status.databases.iter().map(|database| database_line(database, report)));
    if reasons.is_empty() {
        lines.push("as installed: healthy and enforcing".to_owned());
    }
    lines.join("\n")
}

fn installed(status: &Status) -> Vec<String> {
    let (revision, changed) = (&status.revision, &status.changed);
    let head = format!("{} {} ({})", revision.bundle, revision.version, revision.digest);
    let by = format!("last changed {} by {}", changed.at, printable(&changed.by, LONGEST_TEXT));
    let previous = status.previous.as_ref();
    let previous = previous.map(|before| format!("previous revision: {} {}", before.bundle, before.version));
    [head, by].into_iter().chain(previous).collect()
}

fn layer_line(layer: &LayerStatus) -> String {
    let counts = [
        (layer.missing.len(), "missing"),
        (layer.differing.len(), "changed"),
        (layer.refused.len(), "cannot be compared"),
        (layer.unready.len(), "not ready"),
    ];
    let wrong: Vec<_> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let wrong = if wrong.is_empty() { "as installed".to_owned() } else { wrong.join(", ") };
    format!("layer {}: {} objects, {wrong}", layer.name, layer.objects)
}

fn constraint_line(constraint: &Constraint, audits: Audits) -> String {
    let audit = &constraint.audit;
    let found = match &audit.at {
        None => "not audited yet".to_owned(),
        Some(at) => {
            let at = if audits == Audits::Shown { format!(" (audit of {at})") } else { String::new() };
            format!("{} violations{at}", audit.total)
        }
    };
    format!("policy {}: {}, {found}", constraint.name, constraint.action)
}

fn database_line(database: &Database, report: &StatusReport) -> String {
    let [reference, created] =
        [&database.reference, &database.created].map(|text| printable(text, LONGEST_TEXT));
    let built =
        if created.is_empty() { "built at an unknown time".to_owned() } else { format!("built {created}") };
    match report.old.iter().find(|(old, _)| old == database) {
        None => format!("database {reference}: {built}"),
        Some((_, days)) => format!(
            "database {reference}: {built}, {days} days ago: newer vulnerabilities are not found; build and install a newer bundle (upstream publishes a database every few hours)"
        ),
    }
}

/// Returns the status for programs.
pub fn json(report: &StatusReport) -> Value {
    let mut value = value!({
        "asInstalled": report.is_as_installed(),
        "server": report.server,
        "kubernetes": report.version,
        "installed": report.status.is_some(),
    });
    if let (Some(status), Some(object)) = (&report.status, value.as_object_mut()) {
        object.extend(of_status(status, report).as_object().cloned().unwrap_or_default());
    }
    value
}

fn of_status(status: &Status, report: &StatusReport) -> Value {
    let databases = status.databases.iter().map(|database| {
        let age = report.old.iter().find(|(old, _)| old == database).map(|(_, days)| days);
        value!({"reference": database.reference, "created": database.created, "oldDays": age})
    });
    value!({
        "reasons": status.reasons(),
        "bundle": {"name": status.revision.bundle, "version": status.revision.version, "digest": status.revision.digest},
        "changed": {"at": status.changed.at, "by": status.changed.by},
        "complete": status.complete,
        "previous": status.previous.as_ref().map(|before| value!({"name": before.bundle, "version": before.version, "digest": before.digest})),
        "platform": status.platform.name(),
        "layers": status.layers.iter().map(of_layer).collect::<Vec<_>>(),
        "policies": status.constraints,
        "ignoredNamespaces": status.ignored,
        "probes": super::probes::json(&status.probes),
        "databases": databases.collect::<Vec<_>>(),
    })
}

fn of_layer(layer: &LayerStatus) -> Value {
    let differing = layer.differing.iter().map(|(id, fields)| {
        let fields = fields
            .iter()
            .map(|field| value!({"path": field.path, "now": field.before, "installed": field.after}));
        value!({"object": id, "fields": fields.collect::<Vec<_>>()})
    });
    let worded = |objects: &[(crate::cluster::ObjectId, String)]| -> Vec<Value> {
        objects.iter().map(|(id, words)| value!({"object": id, "reason": words})).collect()
    };
    value!({
        "name": layer.name, "objects": layer.objects, "missing": layer.missing,
        "differing": differing.collect::<Vec<_>>(),
        "refused": worded(&layer.refused), "unready": worded(&layer.unready),
    })
}
