//! An install that stopped, and its rollback.

use serde_json::{Value, json};

use crate::cluster::{ApplyReport, ClusterError, LayerReport, Revision, Rollback};
use crate::ops::StoppedInstall;
use crate::report::chain;

/// Returns the state of each layer, one a line, and what happens next.
pub fn text(stopped: &StoppedInstall) -> String {
    let failure = &stopped.failure;
    let complete = failure.done.layers.iter().map(|layer| format!("complete:    {}", layer_text(layer)));
    let failed = failure.failed.iter().map(|layer| format!("failed:      {}", layer_text(layer)));
    let remaining = failure.remaining.iter().map(|name| format!("not started: {name}"));
    let then = match &stopped.rollback {
        None => "run the same command again to continue from there".to_owned(),
        Some(rollback) => rollback_text(rollback),
    };
    complete.chain(failed).chain(remaining).chain([then]).collect::<Vec<_>>().join("\n")
}

fn layer_text(layer: &LayerReport) -> String {
    let LayerReport { name, created, changed, unchanged, .. } = layer;
    format!("{name} ({} created, {} changed, {unchanged} unchanged)", created.len(), changed.len())
}

/// Returns the outcome of a rollback.
pub fn rollback_text(rollback: &Result<Rollback, ClusterError>) -> String {
    match rollback {
        Ok(Rollback::To { revision, applied }) => {
            format!("rolled back to {}: {}", name(revision), counts_text(applied))
        }
        Ok(Rollback::TakenAway(report)) => {
            let removal = &report.removal;
            let kept = removal.kept.iter().map(|(object, why)| format!("\n  kept {object}: {why}"));
            let deleted = removal.deleted.len();
            format!(
                "removed the new objects: {deleted} deleted; no revision was installed before{}",
                kept.collect::<String>()
            )
        }
        Ok(Rollback::Nowhere(why)) => format!("no rollback: {why}"),
        Err(error) => format!("the rollback failed: {}", with_hint(error)),
    }
}

/// Returns an error and its causes, and the next step.
fn with_hint(error: &ClusterError) -> String {
    let hint = error.hint().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{}{hint}", chain(error, ": "))
}

/// Returns how many objects were created, changed, left unchanged and pruned.
pub fn counts_text(applied: &ApplyReport) -> String {
    format!(
        "{} objects created, {} changed, {} unchanged, {} pruned",
        applied.created(),
        applied.changed(),
        applied.unchanged(),
        applied.pruned.deleted.len(),
    )
}

fn name(revision: &Revision) -> String {
    format!("{} {}", revision.bundle, revision.version)
}

/// Returns the state of each layer for programs.
pub fn json(stopped: &StoppedInstall) -> Value {
    let failure = &stopped.failure;
    json!({
        "installed": false,
        "error": failure.error.to_string(),
        "hint": failure.error.hint(),
        "from": failure.done.from,
        "complete": failure.done.layers.iter().map(layer_json).collect::<Vec<_>>(),
        "failed": failure.failed.as_ref().map(layer_json),
        "notBegun": failure.remaining,
        "rollback": stopped.rollback.as_ref().map(rollback_json),
    })
}

fn layer_json(layer: &LayerReport) -> Value {
    let names = |ids: &[crate::cluster::ObjectId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "layer": layer.name, "created": names(&layer.created), "changed": names(&layer.changed),
        "unchanged": layer.unchanged,
    })
}

/// Returns the outcome of a rollback for programs.
pub fn rollback_json(rollback: &Result<Rollback, ClusterError>) -> Value {
    match rollback {
        Ok(Rollback::To { revision, applied }) => json!({"to": revision, "objects": counts(applied)}),
        Ok(Rollback::TakenAway(report)) => {
            let kept = report.removal.kept.iter();
            let kept = kept.map(|(id, why)| json!({"object": id.to_string(), "reason": why}));
            json!({"to": null, "deleted": report.removal.deleted.len(), "kept": kept.collect::<Vec<_>>()})
        }
        Ok(Rollback::Nowhere(why)) => json!({"nowhere": why}),
        Err(error) => json!({"error": error.to_string(), "hint": error.hint()}),
    }
}

/// Returns the same counts for programs.
pub fn counts(applied: &ApplyReport) -> Value {
    json!({
        "created": applied.created(),
        "changed": applied.changed(),
        "unchanged": applied.unchanged(),
        "pruned": applied.pruned.deleted.len(),
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::cluster::{InstallFailure, ObjectId};

    fn object(name: &str) -> ObjectId {
        ObjectId::namespace(name)
    }

    fn layer(name: &str, created: Vec<ObjectId>, unchanged: usize) -> LayerReport {
        LayerReport { name: name.into(), created, unchanged, ..Default::default() }
    }

    fn not_ready() -> ClusterError {
        ClusterError::NotReady {
            layer: "10-gatekeeper".into(),
            waited: std::time::Duration::from_secs(300),
            pending: vec!["deployment gatekeeper-system/gatekeeper-audit: 0 of 1 ready".into()],
            hint: "run the same command again to continue".into(),
        }
    }

    fn failure(rollback: Option<Result<Rollback, ClusterError>>) -> StoppedInstall {
        let layers = vec![layer("00-namespaces", vec![object("lumen")], 2)];
        let failure = InstallFailure {
            error: not_ready(),
            done: ApplyReport { layers, ..Default::default() },
            failed: Some(layer("10-gatekeeper", vec![object("gatekeeper-system")], 0)),
            remaining: vec!["20-policies".into(), "30-constraints".into()],
        };
        StoppedInstall { failure, rollback }
    }

    #[test]
    fn each_layer_and_the_rollback_have_a_line() {
        let revision = Revision { bundle: "homelab".into(), version: "1".into(), digest: "sha256:00".into() };
        let back = || Rollback::To { revision: revision.clone(), applied: ApplyReport::default() };
        let ways = [
            Ok(back()),
            Ok(Rollback::TakenAway(crate::cluster::UninstallReport::default())),
            Ok(Rollback::Nowhere("the same revision was installed before".into())),
            Err(not_ready()),
        ];
        let ways: Vec<_> = ways.iter().map(rollback_text).collect();
        assert_snapshot!(format!("{}\n\n{}", text(&failure(None)), ways.join("\n")), @r"
        complete:    00-namespaces (1 created, 0 changed, 2 unchanged)
        failed:      10-gatekeeper (1 created, 0 changed, 0 unchanged)
        not started: 20-policies
        not started: 30-constraints
        run the same command again to continue from there

        rolled back to homelab 1: 0 objects created, 0 changed, 0 unchanged, 0 pruned
        removed the new objects: 0 deleted; no revision was installed before
        no rollback: the same revision was installed before
        the rollback failed: layer `10-gatekeeper` is not ready after 300 s: deployment gatekeeper-system/gatekeeper-audit: 0 of 1 ready
        hint: run the same command again to continue
        ");
        assert_snapshot!(format!("{:#}", json(&failure(Some(Ok(back()))))), @r#"
        {
          "installed": false,
          "error": "layer `10-gatekeeper` is not ready after 300 s: deployment gatekeeper-system/gatekeeper-audit: 0 of 1 ready",
          "hint": "run the same command again to continue",
          "from": null,
          "complete": [
            {
              "layer": "00-namespaces",
              "created": [
                "namespace lumen"
              ],
              "changed": [],
              "unchanged": 2
            }
          ],
          "failed": {
            "layer": "10-gatekeeper",
            "created": [
              "namespace gatekeeper-system"
            ],
            "changed": [],
            "unchanged": 0
          },
          "notBegun": [
            "20-policies",
            "30-constraints"
          ],
          "rollback": {
            "to": {
              "bundle": "homelab",
              "version": "1",
              "digest": "sha256:00"
            },
            "objects": {
              "created": 0,
              "changed": 0,
              "unchanged": 0,
              "pruned": 0
            }
          }
        }
        "#);
    }
}
