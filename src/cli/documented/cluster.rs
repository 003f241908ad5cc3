//! Outputs of the commands with a cluster, out of the reports' own types, with everything that can be in them.

use std::time::Duration;

use serde_json::{Value, json};

use super::offline::{push, verify};
use crate::cli::command::airgap::{enforce, uninstall};
use crate::cli::report::{install, interrupted, plan as planned, probes as probed, status as shown};
use crate::cluster::{
    ApplyReport, Audit, ClusterError, Constraint, Decision, EnforceReport, Fate, FieldChange, Forecast,
    InstallFailure, LayerReport, LayerStatus, LiveReport, LiveResult, ObjectId, Plan, PlannedLayer,
    PlannedObject, PlannedRemoval, ProbeReport, ProbeResult, RemovalReport, Revision, Rollback, Seen, Stamp,
    Status, UninstallReport, Violation,
};
use crate::ops::{Enforced, InstallReport, PlanReport, PreflightReport, StatusReport, StoppedInstall};
use crate::registry::push::PushPlan;
use crate::rendered::{Database, Expectation, LiveExpectation};
use crate::report::Finding;
use crate::spec::{Enforcement, Platform};

/// Returns outputs by the section that documents them.
pub(super) fn outputs() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        ("install", installs()),
        ("install --plan", vec![planned::json(&plan())]),
        ("probe", vec![probed::both(&probes(), &live())]),
        ("status", vec![shown::json(&status())]),
        ("enforce", vec![enforce::json(&enforced())]),
        ("uninstall", vec![uninstall::json(&uninstalled())]),
    ]
}

fn text() -> String {
    "x".to_owned()
}

fn id() -> ObjectId {
    ObjectId::namespaced("x", "x", "x", "x", "x")
}

fn revision() -> Revision {
    Revision { bundle: text(), version: text(), digest: text() }
}

fn finding() -> Finding {
    Finding { expected: text(), hint: text(), ..Finding::error("x", "x") }
}

fn probes() -> ProbeReport {
    let result = ProbeResult {
        layer: text(),
        name: text(),
        expected: Expectation::Admitted,
        passed: true,
        status: 201,
        message: text(),
        verdict: text(),
    };
    ProbeReport { results: vec![result] }
}

fn live() -> LiveReport {
    let result = LiveResult {
        layer: text(),
        name: text(),
        expected: LiveExpectation::Open,
        passed: true,
        connection: text(),
        seen: Seen::Open,
    };
    LiveReport { results: vec![result] }
}

fn uninstalled() -> UninstallReport {
    let removal = RemovalReport { kept: vec![(id(), text())], ..RemovalReport::default() };
    UninstallReport { revision: Some(revision()), removal }
}

fn rollbacks() -> [Result<Rollback, ClusterError>; 4] {
    [
        Ok(Rollback::To { revision: revision(), applied: ApplyReport::default() }),
        Ok(Rollback::TakenAway(uninstalled())),
        Ok(Rollback::Nowhere(text())),
        Err(ClusterError::NotRecorded),
    ]
}

/// Returns what `install` prints when it installs, refuses, and stops in the middle.
fn installs() -> Vec<Value> {
    let installed = rollbacks().map(|rollback| InstallReport {
        verified: verify(),
        findings: vec![finding()],
        pushed: push(),
        applied: ApplyReport { from: Some(revision()), ..ApplyReport::default() },
        probes: probes(),
        rollback: Some(rollback),
    });
    let layer = || LayerReport { name: text(), ..LayerReport::default() };
    let failure = InstallFailure {
        error: ClusterError::NotRecorded,
        done: ApplyReport { layers: vec![layer()], ..ApplyReport::default() },
        failed: Some(layer()),
        remaining: vec![text()],
    };
    let stopped = StoppedInstall { failure, rollback: None };
    let mut outputs: Vec<_> = installed.iter().map(install::json).collect();
    outputs.extend([install::refused(&[finding()]), interrupted::json(&stopped)]);
    outputs
}

fn plan() -> PlanReport {
    let change = FieldChange { path: text(), before: Some(json!(1)), after: None };
    let decisions = [
        Ok(Decision::Create),
        Ok(Decision::Change { fields: vec![change] }),
        Ok(Decision::Keep),
        Err(text()),
    ];
    let object = |decision| PlannedObject {
        id: id(),
        file: text(),
        decision,
        forecast: Some(Forecast { audit: Some(audit()) }),
    };
    let fates = [Fate::Delete, Fate::Release, Fate::Keep { reason: text(), held: false }, Fate::Forget];
    let plan = Plan {
        before: Some((revision(), true)),
        layers: vec![PlannedLayer {
            name: text(),
            objects: decisions.map(object).into(),
            left_out: vec![text()],
        }],
        prune: fates.map(|fate| PlannedRemoval { id: id(), fate }).into(),
        records: true,
    };
    let preflight = PreflightReport { findings: vec![finding()], push: Some(PushPlan::default()) };
    PlanReport { verified: verify(), preflight, plan, node_files: vec![text()] }
}

fn audit() -> Audit {
    let violation = Violation { kind: text(), namespace: Some(text()), name: text(), message: text() };
    Audit { at: Some(text()), changed: Some(text()), current: true, total: 1, violations: vec![violation] }
}

fn constraint() -> Constraint {
    Constraint { id: id(), name: text(), action: text(), audit: audit() }
}

fn status() -> StatusReport {
    let change = FieldChange { path: text(), before: None, after: Some(json!({"a": 1})) };
    let layer = LayerStatus {
        name: text(),
        objects: 1,
        missing: vec![id()],
        differing: vec![(id(), vec![change])],
        refused: vec![(id(), text())],
        unready: vec![(id(), text())],
    };
    let database = Database { reference: text(), created: text() };
    let status = Status {
        revision: revision(),
        changed: Stamp { at: text(), by: text() },
        complete: true,
        previous: Some(revision()),
        platform: Platform::K3s,
        layers: vec![layer],
        constraints: vec![constraint()],
        ignored: vec![text()],
        probes: probes(),
        databases: vec![database.clone()],
    };
    StatusReport { server: text(), version: text(), status: Some(status), old: vec![(database, 8)] }
}

fn enforced() -> Enforced {
    let report = EnforceReport {
        action: Enforcement::Deny,
        moved: vec![constraint()],
        kept: vec![constraint()],
        refused: vec![constraint()],
        audit_every: Duration::from_secs(60),
    };
    Enforced { report, site: Some("site.yaml".into()) }
}
