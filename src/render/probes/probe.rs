//! Probes: templates that render to a list of requests and the answers that a working layer gives.

use serde::Deserialize;
use serde_json::Value;

use crate::render::error::{Faults, RenderError};
use crate::render::objects::object::Object;
use crate::render::yaml::parse;
use crate::rendered::{Expectation, Probe};
use crate::report::printable;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct WrittenProbe {
    name: String,
    expect: Answer,
    #[serde(default)]
    words: Vec<String>,
    object: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Refused,
    Warned,
    Admitted,
}

/// Reads the probes of a rendered text.
pub(in crate::render) fn read(text: &str, file: &str, faults: &mut Faults) -> Vec<Probe> {
    let parsed = parse::<Option<Vec<WrittenProbe>>>(text);
    let parsed = parsed.map_err(|fault| RenderError::Yaml { file: file.to_owned(), rendered: true, fault });
    let written = faults.keep(parsed).flatten().unwrap_or_default();
    written.into_iter().filter_map(|probe| faults.keep(probe.check(file))).collect()
}

impl WrittenProbe {
    fn check(self, file: &str) -> Result<Probe, RenderError> {
        let name = printable(&self.name, 80);
        let fault =
            |reason: String| RenderError::Probe { file: file.to_owned(), probe: name.clone(), reason };
        let expect = match (self.expect, self.words) {
            (Answer::Admitted, words) if words.is_empty() => Expectation::Admitted,
            (Answer::Admitted, _) => return Err(fault("`admitted` takes no `words`".to_owned())),
            (_, words) if words.is_empty() => {
                return Err(fault("expected `words` that name who answers, and why".to_owned()));
            }
            (Answer::Refused, words) => Expectation::Refused { words },
            (Answer::Warned, words) => Expectation::Warned { words },
        };
        let object = Object::new(self.object, file).map_err(fault)?.value;
        Ok(Probe { name: self.name, object, expect })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probes(text: &str) -> Result<Vec<Expectation>, String> {
        let mut faults = Faults::default();
        let probes = read(text, "layers/10-x/probes.yaml", &mut faults);
        faults.or(probes.into_iter().map(|probe| probe.expect).collect()).map_err(|faults| faults.to_string())
    }

    #[test]
    fn every_answer_is_read() {
        let object = "object: {apiVersion: v1, kind: Pod, metadata: {name: p}}";
        let text = format!(
            "- {{name: a, expect: refused, words: [x, 'y'], {object}}}\n- {{name: b, expect: warned, words: [x], {object}}}\n- {{name: c, expect: admitted, {object}}}\n"
        );
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(
            probes(&text),
            Ok(vec![
                Expectation::Refused { words: words(&["x", "y"]) },
                Expectation::Warned { words: words(&["x"]) },
                Expectation::Admitted
            ])
        );
        assert_eq!(probes("# none\n"), Ok(vec![]));
    }

    #[test]
    fn a_probe_that_proves_nothing_is_refused() {
        let object = "object: {apiVersion: v1, kind: Pod, metadata: {name: p}}";
        assert_eq!(
            probes(&format!(
                "- {{name: a, expect: refused, {object}}}\n- {{name: b, expect: admitted, words: [x], {object}}}\n- {{name: c, expect: admitted, object: {{kind: Pod}}}}\n"
            )),
            Err("`layers/10-x/probes.yaml`: probe `a`: expected `words` that name who answers, and why\n\
                 `layers/10-x/probes.yaml`: probe `b`: `admitted` takes no `words`\n\
                 `layers/10-x/probes.yaml`: probe `c`: expected a text in `/apiVersion`, found nothing"
                .to_owned())
        );
    }
}
