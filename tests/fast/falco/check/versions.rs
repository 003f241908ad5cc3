//! Which plugins go with which Falco.

use super::super::rendered::Rendered;
use super::super::schemas::{CONTAINER_SCHEMAS, FALCO_SCHEMAS, K8SMETA_SCHEMAS};

type Version = (u32, u32, u32);
type Table = &'static [(&'static str, &'static str)];

pub fn problems(set: &Rendered) -> Vec<String> {
    let Some(falco) = set.versions.get("falco") else { return vec!["the spec has no Falco".to_owned()] };
    let Some(host) = schema_of(FALCO_SCHEMAS, falco) else {
        return vec![format!("the event schema of Falco {falco} is not known")];
    };
    let check = |(name, table): (&str, Table)| plugin_problem(set, name, table, falco, host);
    [("k8smeta", K8SMETA_SCHEMAS), ("container", CONTAINER_SCHEMAS)].into_iter().filter_map(check).collect()
}

/// A plugin's schema needs the same major version, and may not be newer.
fn plugin_problem(set: &Rendered, name: &str, table: Table, falco: &str, host: &str) -> Option<String> {
    let Some(version) = set.versions.get(name) else {
        return Some(format!("the spec has no plugin `{name}`"));
    };
    let Some(wanted) = schema_of(table, version) else {
        return Some(format!("the event schema of `{name}` {version} is not known"));
    };
    let (plugin, running) = (numbers(wanted)?, numbers(host)?);
    let fits = plugin.0 == running.0 && plugin <= running;
    (!fits).then(|| {
        format!("`{name}` {version} requires event schema {wanted}, which is not compatible with {host} of Falco {falco}")
    })
}

/// Returns the schema of the last version of a table that is not newer.
fn schema_of(table: Table, version: &str) -> Option<&'static str> {
    let wanted = numbers(version)?;
    let fits = |since: &str| numbers(since).is_some_and(|since| since <= wanted);
    table.iter().rfind(|(since, _)| fits(since)).map(|(_, schema)| *schema)
}

fn numbers(version: &str) -> Option<Version> {
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
}
