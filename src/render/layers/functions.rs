//! What templates can call: filters, tests and functions. None of them looks at anything but what it is given.

use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Value, filters, tests};

use crate::digest::Digest;
use crate::reference::is_loopback;
use crate::render::images::endpoint::{Endpoint, host};
use crate::render::yaml::emit;
use crate::report::printable;

/// Lets templates call them.
pub(in crate::render) fn add(environment: &mut Environment<'_>) {
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

/// Returns a value as JSON. One that is not there is an error, and no empty text.
pub(in crate::render) fn json(value: &Value) -> Result<serde_json::Value, Error> {
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

/// Filter `endpoint`: what a policy has to know of an address: `host`, `port`, and `namespace` or `range`, if it has one.
fn endpoint(address: &str) -> Result<Value, Error> {
    let invalid = || {
        let detail = format!("`{}` is not an address such as http://alerts.lan:9093", printable(address, 80));
        Error::new(ErrorKind::InvalidOperation, detail)
    };
    Endpoint::of(address).map(|endpoint| Value::from(Serde(endpoint))).ok_or_else(invalid)
}

/// Filter `folder`: the folder of an absolute path.
fn folder(path: &str) -> Result<String, Error> {
    let folder = path.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map(|(folder, _)| folder);
    let invalid = || {
        let detail = format!("`{}` is not the path of a file in a folder", printable(path, 80));
        Error::new(ErrorKind::InvalidOperation, detail)
    };
    folder.map(|folder| format!("/{folder}")).ok_or_else(invalid)
}

#[cfg(test)]
mod unit_tests {
    use super::super::template::tests::rendered;

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
}
