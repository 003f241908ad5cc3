//! What is said of an install that stopped, or that was undone.

use serde_json::{Value, json};

use super::error::with_hint;
use crate::cluster::{ApplyReport, ClusterError, LayerReport, Revision, Rollback};
use crate::ops::StoppedInstall;

/// Returns what was done and what was not, one line a layer.
pub fn text(stopped: &StoppedInstall) -> String {
    let failure = &stopped.failure;
    let complete = failure.done.layers.iter().map(|layer| format!("complete:  {}", layer_text(layer)));
    let failed = failure.failed.iter().map(|layer| format!("failed:    {}", layer_text(layer)));
    let remaining = failure.remaining.iter().map(|name| format!("not begun: {name}"));
    let then = match &stopped.rollback {
        None => "the same command goes on from there".to_owned(),
        Some(rollback) => rollback_text(rollback),
    };
    complete.chain(failed).chain(remaining).chain([then]).collect::<Vec<_>>().join("\n")
}

fn layer_text(layer: &LayerReport) -> String {
    let LayerReport { name, created, changed, unchanged, .. } = layer;
    format!("{name} ({} created, {} changed, {unchanged} unchanged)", created.len(), changed.len())
}

/// Returns what came of going back.
pub fn rollback_text(rollback: &Result<Rollback, ClusterError>) -> String {
    match rollback {
        Ok(Rollback::To { revision, applied }) => {
            format!("went back to {}: {}", name(revision), counts_text(applied))
        }
        Ok(Rollback::TakenAway(report)) => {
            let removal = &report.removal;
            let kept = removal.kept.iter().map(|(object, why)| format!("\n  kept {object}: {why}"));
            let deleted = removal.deleted.len();
            format!(
                "took away what was applied: {deleted} objects deleted; nothing was installed before{}",
                kept.collect::<String>()
            )
        }
        Ok(Rollback::Nowhere(why)) => format!("nothing to go back to: {why}"),
        Err(error) => format!("going back failed, too: {}", with_hint(error)),
    }
}

/// Returns how many objects were what.
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

/// Returns the same for programs.
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

/// Returns what came of going back, for programs.
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

/// Returns how many objects were what, for programs.
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
            hint: "the same command goes on from here".into(),
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
    fn every_layer_has_its_line_and_the_way_back_too() {
        let revision = Revision { bundle: "homelab".into(), version: "1".into(), digest: "sha256:00".into() };
        let back = || Rollback::To { revision: revision.clone(), applied: ApplyReport::default() };
        let ways = [
            Ok(back()),
            Ok(Rollback::TakenAway(crate::cluster::UninstallReport::default())),
            Ok(Rollback::Nowhere("the same was installed before".into())),
            Err(not_ready()),
        ];
        let ways: Vec<_> = ways.iter().map(rollback_text).collect();
        assert_snapshot!(format!("{}\n\n{}", text(&failure(None)), ways.join("\n")), @r"
        complete:  00-namespaces (1 created, 0 changed, 2 unchanged)
        failed:    10-gatekeeper (1 created, 0 changed, 0 unchanged)
        not begun: 20-policies
        not begun: 30-constraints
        the same command goes on from there

        went back to homelab 1: 0 objects created, 0 changed, 0 unchanged, 0 pruned
        took away what was applied: 0 objects deleted; nothing was installed before
        nothing to go back to: the same was installed before
        going back failed, too: layer `10-gatekeeper` is not ready after 300 s: deployment gatekeeper-system/gatekeeper-audit: 0 of 1 ready
        hint: the same command goes on from here
        ");
        assert_snapshot!(format!("{:#}", json(&failure(Some(Ok(back()))))), @r#"
        {
          "installed": false,
          "error": "layer `10-gatekeeper` is not ready after 300 s: deployment gatekeeper-system/gatekeeper-audit: 0 of 1 ready",
          "hint": "the same command goes on from here",
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
