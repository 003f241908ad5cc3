//! Versions: of Kubernetes against what the objects need, and of the kubelets against the API server.

use std::cmp::Ordering;

use super::nodes::{Node, those};
use crate::rendered::RenderedSet;
use crate::report::Finding;

/// How many minor versions a kubelet may be behind the API server.
/// See: <https://kubernetes.io/releases/version-skew-policy/#kubelet>
const KUBELET_BEHIND: u64 = 3;

/// Returns major and minor of a version: `v1.34.4+k3s1` is 1.34.
pub(super) fn minor(version: &str) -> Option<(u64, u64)> {
    let mut numbers = version.trim_start_matches('v').split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Compares two versions of dotted numbers; `None` if one of them is something else.
pub(super) fn compare(one: &str, other: &str) -> Option<Ordering> {
    let numbers = |version: &str| -> Option<Vec<u64>> {
        let mut numbers: Vec<u64> = version
            .trim_start_matches('v')
            .split('.')
            .map(|part| part.parse().ok())
            .collect::<Option<_>>()?;
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        Some(numbers)
    };
    Some(numbers(one)?.cmp(&numbers(other)?))
}

/// Compares the API server's version with what the objects need.
pub(super) fn of_server(version: &str, set: &RenderedSet) -> Vec<Finding> {
    let (needed, why) = super::needs::least(set);
    match minor(version) {
        Some(found) if found >= needed => Vec::new(),
        None => vec![
            Finding::warning("Kubernetes", format!("the API server reports its version as `{version}`"))
                .expected("a version like `v1.34.4`"),
        ],
        Some(_) => vec![
            Finding::error("Kubernetes", format!("the API server is {version}"))
                .expected(format!("{}.{} or newer: {why}", needed.0, needed.1))
                .hint("upgrade Kubernetes first, or install an older bundle"),
        ],
    }
}

/// Compares the kubelets with the API server.
pub(super) fn of_nodes(server: &str, nodes: &[Node]) -> Vec<Finding> {
    let Some((major, newest)) = minor(server) else { return Vec::new() };
    let oldest = newest.saturating_sub(KUBELET_BEHIND);
    let apart = |node: &Node| minor(&node.kubelet).is_some_and(|(_, minor)| minor > newest || minor < oldest);
    let Some(subject) = those(nodes, apart) else { return Vec::new() };
    let mut found: Vec<_> =
        nodes.iter().filter(|node| apart(node)).map(|node| node.kubelet.as_str()).collect();
    found.sort_unstable();
    found.dedup();
    vec![
        Finding::warning(subject, format!("kubelet {} with an API server {server}", found.join(", ")))
            .expected(format!("{major}.{oldest} to {major}.{newest}"))
            .hint("upgrade the nodes to the API server's version: this version skew is unsupported"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::preflight::nodes::node;

    #[test]
    fn versions_compare_as_numbers_or_not_at_all() {
        for (one, other, expected) in [
            ("2026.9.0", "2026.11.0", Some(Ordering::Less)),
            ("2026.11.0", "2026.11", Some(Ordering::Equal)),
            ("v2", "1.9.9", Some(Ordering::Greater)),
            ("1.0-rc1", "1.0", None),
            ("", "1", None),
        ] {
            assert_eq!(compare(one, other), expected, "{one} {other}");
        }
        for (version, expected) in
            [("v1.34.4+k3s1", Some((1, 34))), ("6.8.0-45-generic", Some((6, 8))), ("new", None), ("", None)]
        {
            assert_eq!(minor(version), expected, "{version}");
        }
    }

    #[test]
    fn a_kubelet_may_be_three_behind_and_none_ahead() {
        let with = |kubelet: &str| Node { kubelet: kubelet.into(), ..node("a") };
        for (kubelet, findings) in
            [("v1.31.0", 0), ("v1.34.9+k3s1", 0), ("v1.30.9", 1), ("v1.35.0", 1), ("", 0)]
        {
            assert_eq!(of_nodes("v1.34.4", &[with(kubelet)]).len(), findings, "{kubelet}");
        }
        let both = of_nodes("v1.34.4", &[with("v1.30.1"), with("v1.35.0"), with("v1.34.0")]);
        insta::assert_snapshot!(both[0], @r"
        warning: nodes `a`, `a`: kubelet v1.30.1, v1.35.0 with an API server v1.34.4; expected 1.31 to 1.34
          hint: upgrade the nodes to the API server's version: this version skew is unsupported
        ");
    }
}
