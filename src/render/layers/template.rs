//! Our own objects are templates: strict, without side effects, and never in doubt about how a value is written.
//!
//! A variable that is not there is an error. A value is written as JSON writes it, so `true` and `null` mean to YAML what they
//! meant in the site. There is no include, no clock and no randomness; a loop that does not end runs out of fuel.

use std::ops::Range;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::functions::{self, json};
use crate::render::error::RenderError;
use crate::report::printable;

/// Instructions that one template may run.
const FUEL: u64 = 500_000;

/// Renders templates with one context.
pub(in crate::render) struct Templates {
    environment: Environment<'static>,
    context: Value,
}

impl Templates {
    /// Takes the context: what the templates can see.
    pub(in crate::render) fn new(context: &serde_json::Value) -> Self {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_formatter(format);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(true); // for the place of an error
        environment.set_syntax(syntax());
        functions::add(&mut environment);
        Self { environment, context: Value::from(Serde(context)) }
    }

    /// Renders one template.
    ///
    /// # Errors
    ///
    /// A syntax error, an undefined variable (named), a wrong argument, or too much work; with file and line.
    pub(in crate::render) fn render(&self, file: &str, text: &str) -> Result<String, RenderError> {
        self.environment
            .render_named_str(file, text, &self.context)
            .map_err(|error| fault(file, text, &error))
    }
}

fn syntax() -> SyntaxConfig {
    let mut builder = SyntaxConfig::builder();
    builder.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    builder.build().unwrap_or_default()
}

/// Writes a value as JSON; a text unchanged.
fn format(output: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::String => Ok(output.write_str(value.as_str().unwrap_or_default())?),
        _ => Ok(output.write_str(&json(value)?.to_string())?),
    }
}

fn fault(file: &str, text: &str, error: &Error) -> RenderError {
    let line = error.line().unwrap_or(1);
    let expression = error.range().and_then(|range| text.get(range));
    let reason = match (error.kind(), expression) {
        (ErrorKind::UndefinedError, Some(expression)) => {
            let name = error.range().and_then(|range| undefined(text, range)).unwrap_or(expression);
            format!("`{}` is undefined", printable(name, 80))
        }
        (ErrorKind::InvalidOperation, Some(call)) if call.starts_with("fail(") => {
            printable(error.detail().unwrap_or_default(), 500)
        }
        (ErrorKind::OutOfFuel, _) => format!("does not end within {FUEL} instructions"),
        (kind, expression) => {
            let detail = error.detail().map(|detail| format!(": {}", printable(detail, 200)));
            let near = expression.map(|expression| format!(", in `{}`", printable(expression, 80)));
            format!("{kind}{}{}", detail.unwrap_or_default(), near.unwrap_or_default())
        }
    };
    RenderError::Template { file: error.name().unwrap_or(file).to_owned(), line, reason }
}

/// Returns the whole name of what is undefined: the engine points at its last part, or at the filter that was given it.
fn undefined(text: &str, range: Range<usize>) -> Option<&str> {
    let before = text.get(..range.start)?;
    if let Some(given) = before.trim_end().strip_suffix('|') {
        return given.rfind(['{', '%']).map(|start| given[start + 1..].trim());
    }
    let in_name = |c: char| c.is_alphanumeric() || "_.[]".contains(c);
    let start = before.trim_end_matches(in_name).len();
    text.get(start..range.end)
}

#[cfg(test)]
pub(in crate::render) mod tests {
    use serde_json::json;

    use super::*;

    /// Renders a text with a context of every kind of value.
    pub(in crate::render) fn rendered(text: &str) -> Result<String, String> {
        let context = json!({"site": {"name": "a b", "on": true, "none": null, "n": 5, "f": 1.0,
            "list": ["yes", 1], "map": {"k": "v", "a": {"b": []}}, "text": "say \"x\"\nand: y"}});
        Templates::new(&context).render("layers/10-x/y.yaml", text).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_written_as_json_writes_them() {
        for (text, expected) in [
            ("{{ site.name }}\n", "a b\n"),
            ("{{ site.on }} {{ site.none }} {{ site.n }} {{ site.f }}", "true null 5 1.0"),
            ("{{ site.list }} {{ site.map }}", r#"["yes",1] {"k":"v","a":{"b":[]}}"#),
            ("{{ site.text | quote }} {{ site.n | quote }}", r#""say \"x\"\nand: y" "5""#),
            ("a:\n  {{ site.map | toyaml | indent(2) }}\n", "a:\n  k: v\n  a:\n    b: []\n"),
            ("{{ site.list | toyaml }}", "- \"yes\"\n- 1"),
            ("{% for x in site.list %}\n- {{ x }}\n{% endfor %}\n", "- yes\n- 1\n"),
            ("{% if site.on %}\na\n{% endif %}\nb\n", "a\nb\n"),
        ] {
            assert_eq!(rendered(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn errors_name_file_line_and_variable() {
        for (text, expected) in [
            ("a\n{{ site.nope }}\n", "`layers/10-x/y.yaml`:2: `site.nope` is undefined"),
            ("{{ site.map.a.nope }}", "`layers/10-x/y.yaml`:1: `site.map.a.nope` is undefined"),
            ("{{ nope.a }}", "`layers/10-x/y.yaml`:1: `nope.a` is undefined"),
            ("{{ nope | quote }}", "`layers/10-x/y.yaml`:1: `nope` is undefined"),
            ("{% if site.nope %}{% endif %}", "`layers/10-x/y.yaml`:1: `site.nope` is undefined"),
            ("{% for x in site.nope %}{% endfor %}", "`layers/10-x/y.yaml`:1: `site.nope` is undefined"),
            (
                "{{ site",
                "`layers/10-x/y.yaml`:1: syntax error: unexpected end of input, expected end of variable block, in `site`",
            ),
            ("{{ now() }}", "`layers/10-x/y.yaml`:1: unknown function: now is unknown, in `now()`"),
            (
                "{{ site | nope }}",
                "`layers/10-x/y.yaml`:1: unknown filter: filter nope is unknown, in `nope`",
            ),
            (
                "{% include 'x' %}",
                "`layers/10-x/y.yaml`:1: template not found: tried to include non-existing template 'x', in `include 'x'`",
            ),
        ] {
            assert_eq!(rendered(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_template_can_refuse_a_site() {
        let expected = "`layers/10-x/y.yaml`:2: pods cannot reach a loopback address";
        assert_eq!(
            rendered("\n{{ fail('pods cannot reach a loopback address') }}"),
            Err(expected.to_owned())
        );
    }

    #[test]
    fn a_template_that_does_not_end_is_stopped() {
        let nested = "{% for a in l %}".repeat(8) + "x" + &"{% endfor %}".repeat(8);
        let text = "{% set l = ['a','b','c','d','e','f','g','h','i','j'] %}".to_owned() + &nested;
        assert_eq!(
            rendered(&text),
            Err("`layers/10-x/y.yaml`:1: does not end within 500000 instructions".to_owned())
        );
    }
}
