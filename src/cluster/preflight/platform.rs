//! What the nodes run, against what the objects and node files are for.

use super::nodes::{Node, those};
use super::version::minor;
use crate::cluster::api::connect::platform_of;
use crate::rendered::RenderedSet;
use crate::report::Finding;
use crate::spec::Platform;

/// The first K3s of each line that knows `disable-default-registry-endpoint`, which its node files set; later lines all do.
/// See: K3s docs, "Private Registry Configuration", Version Gate
const K3S: [&str; 3] = ["1.27.10", "1.28.6", "1.29.1"];
/// The first Talos that reads `TrustedRootsConfig`. See: Talos docs, "TrustedRootsConfig"
const TALOS_ROOTS: (u64, u64) = (1, 8);
/// The first Talos that reads `RegistryMirrorConfig`. See: Talos docs, "RegistryMirrorConfig"
const TALOS_MIRRORS: (u64, u64) = (1, 12);

/// Compares the nodes with the platform that was rendered for.
pub(super) fn compare(set: &RenderedSet, nodes: &[Node]) -> Vec<Finding> {
    let (files, wanted) = (&set.node_files, set.objects.platform);
    let has =
        |name: &str| files.iter().any(|(path, content)| path.ends_with(name) && !content.trim().is_empty());
    let mut findings: Vec<_> =
        [of_others(wanted, nodes), of_neither(wanted, nodes)].into_iter().flatten().collect();
    match wanted {
        Platform::K3s => findings.extend(of_old_k3s(nodes)),
        Platform::Talos => {
            findings.extend(of_old_talos(nodes, TALOS_ROOTS, has("trusted-roots.yaml"), |subject, found| {
                Finding::warning(subject, found)
                    .expected("Talos 1.8 or newer, to trust the registry's CA through `trusted-roots.yaml`")
                    .hint("upgrade Talos, or add the CA to the machine configuration under `machine.registries.config`")
            }));
            findings.extend(of_old_talos(nodes, TALOS_MIRRORS, has("registry-mirrors.yaml"), |subject, found| {
                Finding::note(subject, found)
                    .hint("before Talos 1.12 use `registry-mirrors-before-1.12.yaml` instead of `registry-mirrors.yaml`")
            }));
        }
    }
    findings
}

fn runs(node: &Node) -> Option<Platform> {
    platform_of(&node.image, &node.kubelet)
}

fn of_others(wanted: Platform, nodes: &[Node]) -> Option<Finding> {
    let other = nodes.iter().filter_map(runs).find(|found| *found != wanted)?;
    let subject = those(nodes, |node| runs(node) == Some(other))?;
    let hint = format!(
        "write `platform: {}` into the site file, or remove the field: the platform is then detected",
        other.name()
    );
    Some(
        Finding::error(subject, other.name())
            .expected(format!("{}, as the site says", wanted.name()))
            .hint(hint),
    )
}

/// Other Kubernetes on the platform's paths can work: it is how the stack is tried without the platform.
fn of_neither(wanted: Platform, nodes: &[Node]) -> Option<Finding> {
    let subject = those(nodes, |node| runs(node).is_none())?;
    let found = nodes
        .iter()
        .find(|node| runs(node).is_none())
        .map(|node| format!("{} on {}", node.kubelet, node.image));
    Some(
        Finding::warning(subject, format!("neither K3s nor Talos: {}", found.unwrap_or_default()))
            .expected(wanted.name())
            .hint("files of the node, such as containerd's socket, may have other paths: compare `values.yaml` of the platform"),
    )
}

fn of_old_k3s(nodes: &[Node]) -> Option<Finding> {
    let old = |node: &Node| runs(node) == Some(Platform::K3s) && is_old_k3s(&node.kubelet);
    let versions = nodes.iter().find(|node| old(node)).map(|node| node.kubelet.clone());
    those(nodes, old).map(|subject| {
        Finding::warning(subject, versions.unwrap_or_default())
            .expected(format!("a version that supports `disable-default-registry-endpoint`: {} or newer", K3S.join(", ")))
            .hint("upgrade K3s: until then nodes try to pull an image that the registry lacks from the internet, which takes a minute to fail")
    })
}

fn is_old_k3s(kubelet: &str) -> bool {
    let Some(line) = minor(kubelet) else { return false };
    let plain = kubelet.split(['+', '-']).next().unwrap_or_default();
    match K3S.iter().find(|first| minor(first) == Some(line)) {
        Some(first) => super::version::compare(plain, first).is_some_and(|order| order.is_lt()),
        None => minor(K3S[0]).is_some_and(|first| line < first),
    }
}

fn of_old_talos(
    nodes: &[Node],
    first: (u64, u64),
    matters: bool,
    finding: impl Fn(String, String) -> Finding,
) -> Option<Finding> {
    let old = |node: &Node| talos(node).is_some_and(|version| version < first);
    let found = nodes.iter().find(|node| old(node)).map(|node| node.image.clone()).unwrap_or_default();
    those(nodes, old).filter(|_| matters).map(|subject| finding(subject, found))
}

/// Returns the version in `Talos (v1.13.0)`.
fn talos(node: &Node) -> Option<(u64, u64)> {
    minor(node.image.strip_prefix("Talos (")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::preflight::nodes::node;
    use crate::rendered::ObjectSet;
    use std::collections::BTreeSet;

    fn rendered(platform: Platform, files: &[&str]) -> RenderedSet {
        let node_files = files.iter().map(|name| ((*name).to_owned(), "content".to_owned())).collect();
        let objects = ObjectSet { layers: vec![], platform, databases: vec![] };
        RenderedSet { objects, node_files, used: BTreeSet::new() }
    }

    fn told(set: &RenderedSet, nodes: &[Node]) -> String {
        compare(set, nodes).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn nodes_of_another_platform_are_named() {
        let talos = Node { image: "Talos (v1.13.0)".into(), kubelet: "v1.34.1".into(), ..node("t") };
        let plain = Node { kubelet: "v1.34.4".into(), ..node("p") };
        let set = rendered(Platform::K3s, &[]);
        assert_eq!(told(&set, &[node("a")]), "");
        insta::assert_snapshot!(told(&set, &[node("a"), talos, plain]), @r"
        error: node `t`: talos; expected k3s, as the site says
          hint: write `platform: talos` into the site file, or remove the field: the platform is then detected
        warning: node `p`: neither K3s nor Talos: v1.34.4 on Debian GNU/Linux 12 (bookworm); expected k3s
          hint: files of the node, such as containerd's socket, may have other paths: compare `values.yaml` of the platform
        ");
    }

    #[test]
    fn talos_without_its_node_files_is_reported() {
        let talos = |version: &str| Node {
            image: format!("Talos (v{version})"),
            kubelet: "v1.34.1".into(),
            ..node("t")
        };
        let set = rendered(Platform::Talos, &["talos/registry-mirrors.yaml", "talos/trusted-roots.yaml"]);
        assert_eq!(told(&set, &[talos("1.12.0")]), "");
        assert_eq!(told(&rendered(Platform::Talos, &[]), &[talos("1.7.6")]), "");
        insta::assert_snapshot!(told(&set, &[talos("1.7.6")]), @r"
        warning: node `t`: Talos (v1.7.6); expected Talos 1.8 or newer, to trust the registry's CA through `trusted-roots.yaml`
          hint: upgrade Talos, or add the CA to the machine configuration under `machine.registries.config`
        note: node `t`: Talos (v1.7.6)
          hint: before Talos 1.12 use `registry-mirrors-before-1.12.yaml` instead of `registry-mirrors.yaml`
        ");
    }

    #[test]
    fn an_old_k3s_ignores_what_its_node_files_say() {
        for (kubelet, old) in [
            ("v1.26.13+k3s1", true),
            ("v1.28.5+k3s1", true),
            ("v1.28.6+k3s1", false),
            ("v1.29.0+k3s1", true),
            ("v1.29.1+k3s2", false),
            ("v1.34.1+k3s1", false),
        ] {
            assert_eq!(is_old_k3s(kubelet), old, "{kubelet}");
        }
    }
}
