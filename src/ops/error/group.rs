//! Entries that fail for one cause, as one text: 18 images of a host that cannot be reached are one fault, not 18.

use super::entry::EntryError;
use crate::registry::RegistryError;
use crate::report::chain;
use crate::resolve::ResolveError;

/// The host that failed, and how.
#[derive(PartialEq)]
struct Cause {
    host: String,
    reason: String,
}

/// Returns one text for each cause, in the order of the entries.
pub(super) fn texts(errors: &[EntryError]) -> Vec<String> {
    let mut groups: Vec<(Option<Cause>, Vec<&EntryError>)> = Vec::new();
    for error in errors {
        let cause = cause(error);
        match groups.iter_mut().find(|(known, _)| cause.is_some() && *known == cause) {
            Some((_, same)) => same.push(error),
            None => groups.push((cause, vec![error])),
        }
    }
    groups.iter().map(|(cause, errors)| text(cause.as_ref(), errors)).collect()
}

fn text(cause: Option<&Cause>, errors: &[&EntryError]) -> String {
    match (cause, errors) {
        (Some(Cause { host, reason }), [_, _, ..]) => {
            let names: String = errors.iter().map(|error| format!("\n      {}", name(error))).collect();
            format!("`{host}` {reason}; {} entries need it:{names}", errors.len())
        }
        _ => errors.iter().map(|error| chain(*error, ": ")).collect(),
    }
}

fn name(error: &EntryError) -> String {
    match error {
        EntryError::Resolve(ResolveError::Registry { reference, .. }) => reference.clone(),
        EntryError::File { name, .. } => format!("file {name}"),
        EntryError::Part { reference, .. } => reference.clone(),
        other => other.to_string(),
    }
}

/// Returns the cause, if it is the host's and not the entry's.
fn cause(error: &EntryError) -> Option<Cause> {
    let error = match error {
        EntryError::Resolve(ResolveError::Registry { source, .. })
        | EntryError::File { source, .. }
        | EntryError::Part { source, .. } => source.cause(),
        _ => return None,
    };
    let (place, reason) = match error {
        RegistryError::Unreachable { place, source, .. } => {
            (place, format!("cannot be reached: {}", why(source)))
        }
        RegistryError::Silent { place, seconds, .. } => (place, format!("was silent for {seconds} s")),
        RegistryError::Status { place, status: status @ (429 | 500..), message, .. } => {
            (place, format!("answered {status}{message}"))
        }
        RegistryError::Proxy { proxy, url, status, .. } => {
            let reason = format!("cannot be reached: the proxy `{proxy}` answered {status}");
            return Some(Cause { host: origin(url).to_owned(), reason });
        }
        _ => return None,
    };
    let proxy = place.proxy.as_ref().map(|proxy| format!(" through the proxy `{proxy}`")).unwrap_or_default();
    Some(Cause { host: origin(&place.url).to_owned(), reason: format!("{reason}{proxy}") })
}

/// Returns the causes below an error of the HTTP client, whose own words name the address that each entry has for itself.
fn why(error: &reqwest::Error) -> String {
    std::error::Error::source(error).map_or_else(|| "no answer".to_owned(), |cause| chain(cause, ": "))
}

/// Returns scheme, host and port of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Place;

    fn silent(host: &str, name: &str, seconds: u64) -> EntryError {
        let reference = format!("{host}/{name}");
        let place = Place { url: format!("https://{host}/v2/{name}/manifests/1"), proxy: None };
        let source = RegistryError::Silent { what: format!("`{reference}`"), place, seconds };
        EntryError::Resolve(ResolveError::Registry { reference, source })
    }

    #[test]
    fn entries_that_fail_for_one_cause_are_one_fault() {
        let errors = [
            silent("a.example", "one", 30),
            silent("b.example", "two", 30),
            silent("a.example", "three", 30),
            silent("a.example", "four", 60),
        ];
        insta::assert_snapshot!(texts(&errors).join("\n"), @r"
        `https://a.example` was silent for 30 s; 2 entries need it:
              a.example/one
              a.example/three
        failed to resolve `b.example/two`: `b.example/two`: `https://b.example/v2/two/manifests/1` was silent for 30 s
        failed to resolve `a.example/four`: `a.example/four`: `https://a.example/v2/four/manifests/1` was silent for 60 s
        ");
    }

    #[test]
    fn faults_of_entries_stay_apart() {
        let refused = |name: &str| EntryError::Denied {
            reference: name.to_owned(),
            reason: "a test".to_owned(),
            source_of: "CVE-0".to_owned(),
        };
        assert_eq!(
            texts(&[refused("a"), refused("b")]),
            ["`a` is denied: a test (CVE-0)", "`b` is denied: a test (CVE-0)"]
        );
    }
}
