//! Our own objects are templates: strict, without side effects, and never in doubt about how a value is written.
//!
//! A variable that is not there is an error. A value is written as JSON writes it, so `true` and `null` mean to YAML what they
//! meant in the site. There is no include, no clock and no randomness; a loop that does not end runs out of fuel.

use std::ops::Range;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::addresses::{Endpoint, host};
use super::error::RenderError;
use super::yaml::{emit, printable};
use crate::digest::Digest;
use crate::reference::is_loopback;

/// Instructions that one template may run.
const FUEL: u64 = 500_000;

/// Renders templates with one context.
pub(super) struct Templates {
    environment: Environment<'static>,
    context: Value,
}

impl Templates {
    /// Takes the context: what the templates can see.
    pub(super) fn new(context: &serde_json::Value) -> Self {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_formatter(format);
        environment.set_fuel(Some(FUEL));
        environment.set_debug(true); // for the place of an error
        environment.set_syntax(syntax());
        add_filters(&mut environment);
        Self { environment, context: Value::from(Serde(context)) }
    }

    /// Renders one template.
    ///
    /// # Errors
    ///
    /// A syntax error, an undefined variable (named), a wrong argument, or too much work; with file and line.
    pub(super) fn render(&self, file: &str, text: &str) -> Result<String, RenderError> {
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

fn add_filters(environment: &mut Environment<'_>) {
    use minijinja::{filters, tests};
    environment.add_filter("toyaml", toyaml);
    environment.add_filter("quote", quote);
    environment.add_filter("indent", filters::indent);
    environment.add_filter("length", filters::length);
    environment.add_filter("join", filters::join);
    environment.add_filter("sha256", sha256);
    environment.add_filter("endpoint", endpoint);
    environment.add_filter("folder", folder);
    environment.add_filter("host", |authority: &str| host(authority).to_owned());
    environment.add_test("defined", tests::is_defined);
    environment.add_test("at_least", at_least);
    environment.add_test("loopback", is_loopback);
    environment.add_function("fail", fail);
}

/// Test `at_least`: whether a version is another one or a later one. A `v` in front is passed over.
fn at_least(version: &str, least: &str) -> Result<bool, Error> {
    Ok(numbers(version)? >= numbers(least)?)
}

/// Returns the numbers of a version; what follows a `-` or `+` does not count.
fn numbers(version: &str) -> Result<Vec<u64>, Error> {
    let plain = version.trim_start_matches('v').split(['-', '+']).next().unwrap_or_default();
    let invalid = || {
        let detail = format!("`{}` is not a version such as 3.18.0", printable(version, 80));
        Error::new(ErrorKind::InvalidOperation, detail)
    };
    let numbers: Result<Vec<u64>, _> = plain.split('.').map(str::parse).collect();
    let mut numbers = numbers.map_err(|_| invalid())?;
    numbers.resize(numbers.len().max(3), 0);
    Ok(numbers)
}

/// Function `fail`: stops with a text, for what a layer cannot do on this site.
fn fail(text: &str) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, text.to_owned()))
}

/// Writes a value the way JSON does; a text as it is.
fn format(output: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::String => Ok(output.write_str(value.as_str().unwrap_or_default())?),
        _ => Ok(output.write_str(&json(value)?.to_string())?),
    }
}

fn json(value: &Value) -> Result<serde_json::Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let invalid = |error: serde_json::Error| Error::new(ErrorKind::InvalidOperation, error.to_string());
    serde_json::to_value(value).map_err(invalid)
}

/// Filter `toyaml`: the value as YAML, without the last newline; put it on a line of its own with `indent`.
fn toyaml(value: &Value) -> Result<String, Error> {
    let invalid = |error: String| Error::new(ErrorKind::InvalidOperation, error);
    Ok(emit(&json(value)?).map_err(invalid)?.trim_end_matches('\n').to_owned())
}

/// Filter `quote`: the value as a text in double quotes.
fn quote(value: &Value) -> Result<String, Error> {
    let text = match json(value)? {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(serde_json::Value::String(text).to_string())
}

/// Filter `sha256`: the SHA-256 of a text in hexadecimal. A workload that has its configuration's in an annotation is rolled
/// out again when that changes.
fn sha256(text: &str) -> String {
    Digest::of(text.as_bytes()).hex()
}

/// Filter `endpoint`: what a policy has to know of an address: `host`, `port`, and `namespace` or `range`, where it has one.
fn endpoint(address: &str) -> Result<Value, Error> {
    let invalid = || {
        let detail = format!("`{}` is not an address such as http://alerts.lan:9093", printable(address, 80));
        Error::new(ErrorKind::InvalidOperation, detail)
    };
    Endpoint::of(address).map(|endpoint| Value::from(Serde(endpoint))).ok_or_else(invalid)
}

/// Filter `folder`: the folder in which an absolute path lies.
fn folder(path: &str) -> Result<String, Error> {
    let folder = path.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map(|(folder, _)| folder);
    let invalid = || {
        let detail = format!("`{}` is not the path of a file in a folder", printable(path, 80));
        Error::new(ErrorKind::InvalidOperation, detail)
    };
    folder.map(|folder| format!("/{folder}")).ok_or_else(invalid)
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
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(text: &str) -> Result<String, String> {
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
    fn versions_are_compared_by_their_numbers() {
        for (version, least, expected) in [
            ("v3.18.0", "3.18", true),
            ("3.9.0", "3.18.0", false),
            ("3.23.1", "3.18.0", true),
            ("3.17.2", "v3.18.0", false),
            ("3.18.0-rc.1", "3.18.0", true),
        ] {
            let text = format!("{{{{ '{version}' is at_least('{least}') }}}}");
            assert_eq!(rendered(&text), Ok(expected.to_string()), "{version} {least}");
        }
        let expected = "`layers/10-x/y.yaml`:1: invalid operation: `newest` is not a version such as 3.18.0, in `at_least('1')`";
        assert_eq!(rendered("{{ 'newest' is at_least('1') }}"), Err(expected.to_owned()));
    }

    #[test]
    fn a_text_has_a_checksum() {
        // See: FIPS 180-2, appendix B.1
        let of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(rendered("{{ 'abc' | sha256 }}").as_deref(), Ok(of_abc));
        let block =
            "{% set text %}\na{{ site.n }}\n{% endset %}\n{{ (text ~ '') | sha256 }} {{ 'a5\n' | sha256 }}";
        let both = rendered(block).unwrap();
        let (block, plain) = both.split_once(' ').unwrap();
        assert_eq!(block, plain);
    }

    #[test]
    fn an_address_is_taken_apart() {
        let text = "{% set end = 'http://a.b.svc:9093/x' | endpoint %}\n{{ end.host }} {{ end.port }} {{ end.namespace }} {{ end.range }}";
        assert_eq!(rendered(text).as_deref(), Ok("a.b.svc 9093 b null"));
        let expected = "`layers/10-x/y.yaml`:1: invalid operation: `a.lan` is not an address such as http://alerts.lan:9093, in `endpoint`";
        assert_eq!(rendered("{{ 'a.lan' | endpoint }}"), Err(expected.to_owned()));
    }

    #[test]
    fn a_path_has_a_folder() {
        assert_eq!(rendered("{{ '/run/k3s/a.sock' | folder }}").as_deref(), Ok("/run/k3s"));
        let expected = "`layers/10-x/y.yaml`:1: invalid operation: `/a` is not the path of a file in a folder, in `folder`";
        assert_eq!(rendered("{{ '/a' | folder }}"), Err(expected.to_owned()));
    }

    #[test]
    fn a_template_knows_what_an_address_is() {
        for (address, host, loopback) in [
            ("registry.lan:5000", "registry.lan", false),
            ("localhost", "localhost", true),
            ("127.0.0.2:5000", "127.0.0.2", true),
            ("localhost.example:5000", "localhost.example", false),
            ("[::1]:5000", "::1", true),
        ] {
            let text = format!("{{{{ '{address}' | host }}}} {{{{ '{address}' is loopback }}}}");
            assert_eq!(rendered(&text), Ok(format!("{host} {loopback}")), "{address}");
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
