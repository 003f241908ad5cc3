//! The needs of Falco's modern eBPF probe, as far as the API server knows the nodes.
//!
//! It needs a kernel with BTF, which the API server does not know: Talos has it, elsewhere the host's distribution decides.
//! So there is a finding only if the kernel is too old.

use super::nodes::{Node, those};
use super::version::minor;
use crate::cluster::objects::json::text;
use crate::rendered::RenderedSet;
use crate::report::Finding;

/// The first kernel with everything that the probe asks for.
/// See: <https://falco.org/docs/concepts/event-sources/kernel/#modern-ebpf-probe>
const KERNEL: (u64, u64) = (5, 8);
/// The oldest containerd that Falco's container plugin reads events of.
/// See: `falcosecurity/plugins`, plugins/container, README
const CONTAINERD: (u64, u64) = (1, 7);
const ENGINE: &str = "modern_ebpf";

/// Compares the nodes with what the probe needs, if the objects configure it.
pub(super) fn compare(set: &RenderedSet, nodes: &[Node]) -> Vec<Finding> {
    if configures_the_probe(set) { of_nodes(nodes) } else { Vec::new() }
}

fn configures_the_probe(set: &RenderedSet) -> bool {
    let mut objects = set.objects.layers.iter().flat_map(|layer| &layer.objects).map(|object| &object.value);
    objects.any(|object| {
        let data = object.get("data").and_then(|data| data.as_object());
        text(object, "/kind") == "ConfigMap"
            && data.is_some_and(|data| {
                data.values().any(|one| one.as_str().unwrap_or_default().contains(ENGINE))
            })
    })
}

fn of_nodes(nodes: &[Node]) -> Vec<Finding> {
    let old = |node: &Node| minor(&node.kernel).is_some_and(|kernel| kernel < KERNEL);
    let kernel = those(nodes, old).map(|subject| {
        Finding::warning(subject, format!("kernel {}", first(nodes, old, |node| &node.kernel)))
            .expected(format!("{}.{} or newer, for Falco's modern eBPF probe", KERNEL.0, KERNEL.1))
            .hint("on the node, `test -r /sys/kernel/btf/vmlinux` shows whether its distribution supports BTF anyway")
    });
    let old = |node: &Node| {
        node.runtime.strip_prefix("containerd://").and_then(minor).is_some_and(|version| version < CONTAINERD)
    };
    let containerd = those(nodes, old).map(|subject| {
        Finding::warning(subject, first(nodes, old, |node| &node.runtime).replace("://", " "))
            .expected(format!(
                "containerd {}.{} or newer, for Falco's container plugin",
                CONTAINERD.0, CONTAINERD.1
            ))
            .hint("upgrade containerd on the nodes; until then alerts lack container names")
    });
    kernel.into_iter().chain(containerd).collect()
}

fn first<'a>(nodes: &'a [Node], are: impl Fn(&Node) -> bool, what: impl Fn(&'a Node) -> &'a str) -> &'a str {
    nodes.iter().find(|node| are(node)).map(what).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::preflight::nodes::node;

    #[test]
    fn old_kernels_and_runtimes_are_told() {
        for (kernel, runtime, findings) in [
            ("5.8.0", "containerd://1.7.0", 0),
            ("6.12.41-talos", "containerd://2.1.4-k3s1", 0),
            ("6.1.0-37-amd64", "cri-o://1.2.0", 0),
            ("5.4.0-216-generic", "containerd://2.0.0", 1),
            ("4.18.0", "containerd://1.6.20", 2),
            ("", "", 0),
        ] {
            let one = Node { kernel: kernel.into(), runtime: runtime.into(), ..node("a") };
            assert_eq!(of_nodes(&[one]).len(), findings, "{kernel} {runtime}");
        }
        let old =
            Node { kernel: "5.4.0-216-generic".into(), runtime: "containerd://1.6.20".into(), ..node("a") };
        let lines: Vec<_> = of_nodes(&[old, node("b")]).iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        warning: node `a`: kernel 5.4.0-216-generic; expected 5.8 or newer, for Falco's modern eBPF probe
          hint: on the node, `test -r /sys/kernel/btf/vmlinux` shows whether its distribution supports BTF anyway
        warning: node `a`: containerd 1.6.20; expected containerd 1.7 or newer, for Falco's container plugin
          hint: upgrade containerd on the nodes; until then alerts lack container names
        ");
    }
}
