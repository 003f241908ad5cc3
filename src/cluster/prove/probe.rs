//! Proves that a layer works: sends requests that must be refused or admitted, and compares the answers with the expected ones.
//!
//! A webhook that cannot be reached fails open silently. Every object looks healthy then; only a request that should be
//! refused shows it.

use std::time::Duration;

use crate::cluster::api::answer::Answer;
use crate::cluster::api::client::Api;
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::{Pace, together};
use crate::cluster::api::progress::Progress;
use crate::cluster::change::catalogue::Catalogue;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::text;
use crate::rendered::{Expectation, ObjectSet, Probe};
use crate::report::Reporter;

/// How long an unexpected answer is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Right after an install: as long as the layer may take, because a new constraint takes a moment to reach the webhook.
    Layer,
    /// At any other time: a few seconds.
    Brief,
    /// Not at all: the first answer counts.
    Once,
}

const BRIEF: Duration = Duration::from_secs(3);

/// The results of the probes of all layers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct ProbeReport {
    /// One result a probe, in the order of the layers.
    pub results: Vec<ProbeResult>,
}

impl ProbeReport {
    /// Tells whether every probe was answered as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.results.iter().all(|result| result.passed)
    }
}

/// The result of one probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeResult {
    /// The layer.
    pub layer: String,
    /// The probe's name.
    pub name: String,
    /// The expected answer.
    pub expected: Expectation,
    /// Whether it was given.
    pub passed: bool,
    /// The HTTP status of the answer.
    pub status: u16,
    /// The message of the refusal, or the warnings.
    pub message: String,
    /// The meaning of the answer; for a failed probe, the likely cause.
    pub verdict: String,
}

impl Cluster {
    /// Sends the probes of every layer.
    ///
    /// # Errors
    ///
    /// When the API server cannot be asked, or a probe's object is of a kind that it does not know. An answer that is
    /// not the expected one is no error: it is in the report.
    pub async fn probe(
        &self,
        set: &ObjectSet,
        patience: Patience,
        reporter: &dyn Reporter,
    ) -> Result<ProbeReport, ClusterError> {
        let mut catalogue = Catalogue::new(&self.api);
        set.layers
            .iter()
            .flat_map(|layer| &layer.objects)
            .for_each(|object| catalogue.promise(&object.value));
        let mut prober = Vec::new();
        for layer in &set.layers {
            for probe in &layer.probes {
                let id =
                    catalogue.id_of(&probe.object, &format!("probe {}/{}", layer.name, probe.name)).await?;
                let patience = match patience {
                    Patience::Layer => layer.timeout,
                    Patience::Brief => BRIEF,
                    Patience::Once => Duration::ZERO,
                };
                prober.push(Prober { api: &self.api, layer: &layer.name, probe, id, patience, reporter });
            }
        }
        let results = prober.iter().map(Prober::ask);
        let results = together(results).await?;
        Ok(ProbeReport { results })
    }
}

struct Prober<'a> {
    api: &'a Api,
    layer: &'a str,
    probe: &'a Probe,
    id: ObjectId,
    patience: Duration,
    reporter: &'a dyn Reporter,
}

impl Prober<'_> {
    async fn ask(&self) -> Result<ProbeResult, ClusterError> {
        let (mut pace, mut progress) = (Pace::within(self.patience), Progress::new(self.reporter));
        loop {
            let answer = self.api.create_dry_run(&self.id, &self.probe.object).await?;
            let (passed, verdict) = judge(&self.probe.expect, &answer);
            if passed {
                return Ok(self.result(&answer, true, verdict));
            }
            if !pace.again().await {
                return Ok(self.result(&answer, false, after(&verdict, pace.waited())));
            }
            progress.waiting(format!("probe {}/{}: {verdict}", self.layer, self.probe.name));
        }
    }

    fn result(&self, answer: &Answer, passed: bool, verdict: String) -> ProbeResult {
        let message = if answer.is_success() { answer.warnings.join("; ") } else { answer.message() };
        ProbeResult {
            layer: self.layer.to_owned(),
            name: self.probe.name.clone(),
            expected: self.probe.expect.clone(),
            passed,
            status: answer.status,
            message,
            verdict,
        }
    }
}

/// Adds how long the answer stayed the same, if it was retried.
fn after(verdict: &str, waited: Duration) -> String {
    match waited.as_secs() {
        0 => verdict.to_owned(),
        seconds => format!("{verdict} (the same for {seconds} s)"),
    }
}

/// Compares an answer with the expected one, and says what it means.
fn judge(expected: &Expectation, answer: &Answer) -> (bool, String) {
    match expected {
        Expectation::Refused { words } if is_admitted(answer) => (false, not_refused(words, answer)),
        Expectation::Refused { words } => match lacking(&answer.message(), words) {
            None => (true, "refused".to_owned()),
            Some(word) => (false, format!("refused, but not with the word `{word}`: {}", answer.message())),
        },
        Expectation::Warned { words } if is_admitted(answer) => {
            let warned = answer.warnings.iter().any(|warning| lacking(warning, words).is_none());
            let verdict = match answer.warnings.as_slice() {
                _ if warned => "admitted with a warning".to_owned(),
                [] => "admitted without a warning: the webhook may be failing open".to_owned(),
                others => format!("admitted with another warning: {}", others.join("; ")),
            };
            (warned, verdict)
        }
        Expectation::Admitted if is_admitted(answer) => (true, "admitted".to_owned()),
        Expectation::Warned { .. } | Expectation::Admitted => {
            (false, format!("refused: {}", answer.message()))
        }
    }
}

/// Tells whether admission let a request pass; the API server checks for an existing name after that.
fn is_admitted(answer: &Answer) -> bool {
    answer.is_success() || (answer.status == 409 && text(&answer.body, "/reason") == "AlreadyExists")
}

fn not_refused(words: &[String], answer: &Answer) -> String {
    let telling = words.iter().any(|word| answer.warnings.iter().any(|warning| warning.contains(word)));
    match answer.warnings.as_slice() {
        warnings if telling => format!("admitted, with a warning only: {}", warnings.join("; ")),
        _ => "admitted: the webhook may be failing open".to_owned(),
    }
}

fn lacking<'a>(text: &str, words: &'a [String]) -> Option<&'a str> {
    words.iter().map(String::as_str).find(|word| !text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const DENIAL: &str = "admission webhook \"validation.gatekeeper.sh\" denied the request: [block-latest-tag] Container <a> uses :latest tag";

    fn answer(status: u16, message: &str, warnings: &[&str]) -> Answer {
        let body = if message.is_empty() { Value::Null } else { json!({"message": message}) };
        Answer { status, warnings: warnings.iter().map(|text| (*text).to_owned()).collect(), body }
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_was_asked_for_again_says_for_how_long() {
        assert_eq!(after("admitted", Duration::from_millis(900)), "admitted");
        assert_eq!(after("admitted", Duration::from_secs(60)), "admitted (the same for 60 s)");
    }

    #[test]
    fn a_refusal_counts_only_with_its_words() {
        let expected = Expectation::Refused { words: words(&["validation.gatekeeper.sh", ":latest"]) };
        for (answer, passed, verdict) in [
            (answer(403, DENIAL, &[]), true, "refused"),
            (answer(201, "", &[]), false, "admitted: the webhook may be failing open"),
            (
                answer(201, "", &["[block-latest-tag] Container <a> uses :latest tag"]),
                false,
                "admitted, with a warning only: [block-latest-tag] Container <a> uses :latest tag",
            ),
            (
                answer(403, "exceeded quota: pods", &[]),
                false,
                "refused, but not with the word `validation.gatekeeper.sh`: exceeded quota: pods",
            ),
        ] {
            assert_eq!(judge(&expected, &answer), (passed, verdict.to_owned()));
        }
    }

    #[test]
    fn a_warning_counts_only_on_what_is_admitted() {
        let expected = Expectation::Warned { words: words(&["[block-latest-tag]", ":latest"]) };
        for (answer, passed, verdict) in [
            (answer(201, "", &["[block-latest-tag] uses :latest"]), true, "admitted with a warning"),
            (answer(201, "", &[]), false, "admitted without a warning: the webhook may be failing open"),
            (answer(201, "", &["unknown field"]), false, "admitted with another warning: unknown field"),
            (answer(403, "denied", &[]), false, "refused: denied"),
        ] {
            assert_eq!(judge(&expected, &answer), (passed, verdict.to_owned()));
        }
    }

    #[test]
    fn a_name_that_is_taken_was_admitted() {
        let mut taken = answer(409, "pods \"a\" already exists", &[]);
        taken.body["reason"] = json!("AlreadyExists");
        assert_eq!(judge(&Expectation::Admitted, &taken), (true, "admitted".to_owned()));
        assert_eq!(
            judge(&Expectation::Admitted, &answer(403, "denied", &[])),
            (false, "refused: denied".to_owned())
        );
    }
}
