//! The deny list: digests and versions that are refused, signed or not.
//!
//! A compromised release pipeline makes valid signatures, so a signature alone is not enough.

use super::decode::{Decoder, Faults};
use super::file::{API_VERSION, parse_yaml};
use super::node::{Node, Value};
use crate::digest::Digest;
use crate::reference::ImageRef;

/// The list that is built in.
const SHIPPED: &str = include_str!("../../bundles/deny.yaml");

/// What is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DenyList {
    entries: Vec<DenyEntry>,
}

/// Something that is refused, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenyEntry {
    digests: Vec<Digest>,
    repositories: Vec<String>,
    versions: Vec<Range>,
    /// Why it is refused.
    pub reason: String,
    /// Where that is written.
    pub source: String,
}

/// Versions from one to another, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    from: Version,
    to: Version,
}

/// The numbers of a version. What follows a `-` or `+` names a variant of it and is not looked at: all variants of a
/// malicious release are malicious.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Version(Vec<u64>);

impl Version {
    fn parse(text: &str) -> Option<Self> {
        let plain = text.strip_prefix('v').unwrap_or(text);
        let numbers = plain.split(['-', '+']).next()?;
        numbers.split('.').map(|number| number.parse().ok()).collect::<Option<Vec<_>>>().map(Self)
    }
}

impl DenyList {
    /// Returns the list that is built in.
    ///
    /// # Errors
    /// Never in a released program: a test reads it.
    pub fn shipped() -> Result<Self, Faults> {
        Self::parse(SHIPPED, "deny.yaml")
    }

    /// Reads a deny list.
    ///
    /// # Errors
    /// [`Faults`] with everything that is wrong in it.
    pub fn parse(text: &str, file: &str) -> Result<Self, Faults> {
        let root = parse_yaml(text, file)?;
        let mut decoder = Decoder::default();
        let list = decode(&mut decoder, &root);
        decoder.finish(file).map_or(Ok(list), Err)
    }

    /// Adds another list to this one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// Returns why a reference or one of its digests is refused, if it is.
    #[must_use]
    pub fn refuses(&self, reference: &ImageRef, digests: &[Digest]) -> Option<&DenyEntry> {
        self.entries.iter().find(|entry| entry.refuses(reference, digests))
    }
}

impl DenyEntry {
    fn refuses(&self, reference: &ImageRef, digests: &[Digest]) -> bool {
        let version = reference.tag().and_then(Version::parse);
        let in_range = version.is_some_and(|version| {
            self.versions.iter().any(|range| range.from <= version && version <= range.to)
        });
        let named = self.repositories.contains(&reference.name());
        named && in_range || digests.iter().any(|digest| self.digests.contains(digest))
    }
}

fn decode(decoder: &mut Decoder, root: &Node) -> DenyList {
    let fields = decoder.fields(root, "a deny list", &["apiVersion", "kind", "entries"]);
    decoder.constant(&fields, "apiVersion", API_VERSION);
    decoder.constant(&fields, "kind", "DenyList");
    let node = fields.required(decoder, "entries", "[{digests: [sha256:…], reason: …, source: …}]");
    let items = node.map(|node| decoder.list(node, "`entries`")).unwrap_or_default();
    DenyList { entries: items.iter().map(|item| decode_entry(decoder, item)).collect() }
}

fn decode_entry(decoder: &mut Decoder, node: &Node) -> DenyEntry {
    let fields =
        decoder.fields(node, "an entry", &["digests", "repositories", "versions", "reason", "source"]);
    let hint = "write sha256: and 64 lower-case hexadecimal digits";
    let digests = fields.optional("digests").map(|node| decoder.list(node, "`digests`")).unwrap_or_default();
    let digests: Vec<_> = digests.iter().filter_map(|node| decoder.parsed(node, "a digest", hint)).collect();
    let repositories =
        fields.optional("repositories").map(|node| decoder.texts(node, "`repositories`")).unwrap_or_default();
    let versions =
        fields.optional("versions").map(|node| decoder.list(node, "`versions`")).unwrap_or_default();
    let versions: Vec<_> = versions.iter().filter_map(|node| decode_range(decoder, node)).collect();
    if digests.is_empty() && (repositories.is_empty() || versions.is_empty()) {
        let hint = "name `digests`, or `repositories` together with `versions`";
        decoder.fault(fields.place(), "an entry that refuses nothing", hint);
    }
    let mut text = |name: &str| {
        let node = fields.required(decoder, name, "…");
        node.and_then(|node| decoder.text(node, &format!("`{name}`"))).unwrap_or_default()
    };
    DenyEntry { reason: text("reason"), source: text("source"), digests, repositories, versions }
}

fn decode_range(decoder: &mut Decoder, node: &Node) -> Option<Range> {
    if !matches!(node.value, Value::Map(_)) {
        let version = decode_version(decoder, node)?;
        return Some(Range { from: version.clone(), to: version });
    }
    let fields = decoder.fields(node, "a range", &["from", "to"]);
    let from = fields.required(decoder, "from", "0.69.4").and_then(|node| decode_version(decoder, node));
    let to = fields.required(decoder, "to", "0.69.6").and_then(|node| decode_version(decoder, node));
    Some(Range { from: from?, to: to? })
}

fn decode_version(decoder: &mut Decoder, node: &Node) -> Option<Version> {
    let text = decoder.text(node, "a version")?;
    let version = Version::parse(&text);
    if version.is_none() {
        decoder.fault(node.place, format!("`{text}` is not a version"), "write numbers with dots: 0.69.4");
    }
    version
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(list: &DenyList, reference: &str, digests: &[Digest]) -> bool {
        list.refuses(&reference.parse().expect("a reference"), digests).is_some()
    }

    #[test]
    fn the_malicious_trivy_releases_are_refused_in_every_variant() {
        let list = DenyList::shipped().expect("the shipped list is valid");
        for (reference, expected) in [
            ("docker.io/aquasec/trivy:0.69.4", true),
            ("ghcr.io/aquasecurity/trivy:0.69.5", true),
            ("public.ecr.aws/aquasecurity/trivy:v0.69.6", true),
            ("mirror.gcr.io/aquasec/trivy:0.69.6-amd64", true),
            ("docker.io/aquasec/trivy:0.69.3", false),
            ("docker.io/aquasec/trivy:0.69.7", false),
            ("docker.io/aquasec/trivy:0.69.40", false),
            ("docker.io/aquasec/trivy-operator:0.69.4", false),
            ("docker.io/aquasec/trivy:latest", false),
        ] {
            assert_eq!(refused(&list, reference, &[]), expected, "{reference}");
        }
    }

    #[test]
    fn a_denied_digest_is_refused_under_any_name() {
        let digest = Digest::of(b"malicious");
        let text = format!(
            "apiVersion: bundle/v1alpha1\nkind: DenyList\nentries: [{{digests: ['{digest}'], reason: r, source: s}}]\n"
        );
        let list =
            DenyList::shipped().expect("valid").and(DenyList::parse(&text, "own.yaml").expect("valid"));
        assert!(refused(&list, "registry.example/any/name:1", &[Digest::of(b"x"), digest]));
        assert!(!refused(&list, "registry.example/any/name:1", &[Digest::of(b"x")]));
        assert!(refused(&list, "docker.io/aquasec/trivy:0.69.4", &[]), "the shipped list still counts");
    }

    #[test]
    fn every_fault_of_a_deny_list_is_found_in_one_go() {
        let text = "apiVersion: bundle/v1alpha1\nkind: DenyList\nentries: [{repositories: [a], reason: r}, {digests: [x], versions: [y], source: s}]\n";
        insta::assert_snapshot!(DenyList::parse(text, "deny.yaml").expect_err("faults"), @r"
            `deny.yaml` has 6 faults
              deny.yaml:3:11: an entry that refuses nothing
                hint: name `digests`, or `repositories` together with `versions`
              deny.yaml:3:11: an entry lacks `source`
                hint: add `source: …`
              deny.yaml:3:43: an entry that refuses nothing
                hint: name `digests`, or `repositories` together with `versions`
              deny.yaml:3:43: an entry lacks `reason`
                hint: add `reason: …`
              deny.yaml:3:54: a digest: `x` is not a digest: expected `sha256:` and 64 lower-case hexadecimal digits
                hint: write sha256: and 64 lower-case hexadecimal digits
              deny.yaml:3:69: `y` is not a version
                hint: write numbers with dots: 0.69.4
            ");
    }
}
