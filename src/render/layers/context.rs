//! What templates can see.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::bundle::BundleFacts;
use crate::digest::Digest;
use crate::platform::NodeRegistry;
use crate::render::images::proof::Proof;
use crate::render::probes::connections::{Connection, connections};
use crate::spec::site::SitePolicy;
use crate::spec::{Platform, Site};

/// Where probes are sent, and how they are answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ProbeContext {
    /// The first namespace of the site that the policies look at; `default` if the site has no such namespace.
    namespace: String,
    /// The same for each policy by name, with what it says for itself; none if it matches none of them.
    namespaces: BTreeMap<String, Option<String>>,
    /// What live probes try.
    connections: Vec<Connection>,
}

/// What the context is made of.
pub(in crate::render) struct Seen<'a> {
    pub(in crate::render) site: &'a Site,
    pub(in crate::render) bundle: &'a BundleFacts,
    pub(in crate::render) platform: Platform,
    /// The platform's `values.yaml`.
    pub(in crate::render) values: Value,
    pub(in crate::render) registry: &'a NodeRegistry,
    /// The digests of upstream's files, by name.
    pub(in crate::render) files: &'a BTreeMap<String, Digest>,
    /// How nodes can tell that images are genuine, by repository.
    pub(in crate::render) proofs: BTreeMap<String, Proof>,
}

/// How a node can tell that the images of a repository are genuine.
#[derive(Debug, Serialize)]
struct RepositoryProof {
    repository: String,
    #[serde(flatten)]
    proof: Proof,
}

impl Seen<'_> {
    /// Builds the context: `site`, `bundle`, `components`, `platform`, `registry`, `files`, `proofs` and `probe`.
    pub(in crate::render) fn context(self) -> Value {
        let mut values = self.values;
        if let Value::Object(fields) = &mut values {
            fields.insert("name".to_owned(), self.platform.name().into());
        }
        let files: BTreeMap<_, _> = self.files.iter().map(|(name, digest)| (name, digest.hex())).collect();
        let proofs = self.proofs.into_iter().map(|(repository, proof)| RepositoryProof { repository, proof });
        json!({
            "site": self.site,
            "bundle": self.bundle,
            "components": self.bundle.components,
            "platform": values,
            "registry": self.registry,
            "files": files,
            "proofs": proofs.collect::<Vec<_>>(),
            "probe": ProbeContext {
                namespace: probe_namespace(self.site).to_owned(),
                namespaces: probe_namespaces(self.site),
                connections: connections(self.site),
            },
        })
    }
}

fn probe_namespace(site: &Site) -> &str {
    let exempt = |name: &str| site.gatekeeper.exempt_namespaces.iter().any(|pattern| matches(pattern, name));
    let looked_at = site.namespaces.iter().find(|namespace| !exempt(&namespace.name));
    looked_at.map_or("default", |namespace| &namespace.name)
}

fn probe_namespaces(site: &Site) -> BTreeMap<String, Option<String>> {
    let fits = |patterns: &[String], name: &str| patterns.iter().any(|pattern| matches(pattern, name));
    let looks_at = |policy: &SitePolicy, name: &str| {
        (policy.namespaces.is_empty() || fits(&policy.namespaces, name))
            && !fits(&policy.exempt_namespaces, name)
    };
    let first = |policy: &SitePolicy| {
        let mut names = site.namespaces.iter().map(|namespace| namespace.name.as_str()).chain(["default"]);
        names.find(|name| looks_at(policy, name)).map(str::to_owned)
    };
    site.gatekeeper.policies.iter().map(|policy| (policy.name.clone(), first(policy))).collect()
}

/// Tells whether a name fits a pattern with `*` at its start or end, as Gatekeeper reads it.
fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => name.contains(rest.trim_end_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::site;
    use crate::spec::ImageMode;

    #[test]
    fn probes_go_where_policies_look() {
        let mut site = site(ImageMode::Mirror);
        assert_eq!(probe_namespace(&site), "lumen");
        site.gatekeeper.exempt_namespaces = vec!["lum*".into()];
        assert_eq!(probe_namespace(&site), "default");
    }

    #[test]
    fn each_policy_is_probed_where_it_looks() {
        let text = "apiVersion: bundle/v1alpha1\nkind: Site\nregistry: {address: registry.lan:5000}\n\
             gatekeeper:\n  exemptNamespaces: [default]\n  policies:\n  - {name: block-latest-tag}\n\
             \x20 - {name: require-labels, namespaces: [\"b*\"]}\n\
             \x20 - {name: require-resources, exemptNamespaces: [a]}\n\
             \x20 - {name: require-app-labels, namespaces: [elsewhere]}\n\
             \x20 - {name: require-container-limits, exemptNamespaces: [a, b]}\n\
             namespaces: [{name: a, podSecurity: restricted}, {name: b, podSecurity: restricted}]\n";
        let site = Site::parse(text, "site.yaml").unwrap();
        let places = probe_namespaces(&site);
        let place = |policy: &str| places[policy].as_deref();
        assert_eq!(place("block-latest-tag"), Some("a"));
        assert_eq!(place("require-labels"), Some("b"));
        assert_eq!(place("require-resources"), Some("b"));
        assert_eq!(place("require-app-labels"), None);
        assert_eq!(place("require-container-limits"), None);
    }

    #[test]
    fn patterns_have_a_star_at_an_end() {
        for (pattern, name, fits) in [
            ("kube-*", "kube-system", true),
            ("*-system", "kube-system", true),
            ("*be-sys*", "kube-system", true),
            ("kube", "kube-system", false),
            ("*", "x", true),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
