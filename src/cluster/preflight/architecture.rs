//! The architectures of the nodes against the platforms of the images in the bundle.

use std::collections::{BTreeMap, BTreeSet};

use super::nodes::{Node, those};
use crate::reference::ImageRef;
use crate::report::Finding;

/// Compares them, one finding a platform. Of nodes that do not run Linux nothing is expected: no pod of the stack is for them.
pub(super) fn compare(
    used: &BTreeSet<ImageRef>,
    platforms: &BTreeMap<ImageRef, Vec<String>>,
    nodes: &[Node],
) -> Vec<Finding> {
    let linux = nodes.iter().filter(|node| node.system == "linux" && !node.architecture.is_empty());
    let wanted: BTreeSet<&str> = linux.map(|node| node.architecture.as_str()).collect();
    wanted.into_iter().filter_map(|wanted| lacking(wanted, used, platforms, nodes)).collect()
}

fn lacking(
    architecture: &str,
    used: &BTreeSet<ImageRef>,
    platforms: &BTreeMap<ImageRef, Vec<String>>,
    nodes: &[Node],
) -> Option<Finding> {
    let wanted = format!("linux/{architecture}");
    let carried = platforms.iter().filter(|(image, has)| used.contains(*image) && !has.is_empty());
    let lacking: Vec<_> = carried.filter(|(_, has)| !has.iter().any(|has| is_for(has, &wanted))).collect();
    let has: BTreeSet<&str> = lacking.iter().flat_map(|(_, has)| has.iter().map(String::as_str)).collect();
    let images: Vec<_> = lacking.iter().map(|(image, _)| format!("`{image}`")).collect();
    let subject = those(nodes, |node| node.system == "linux" && node.architecture == architecture)?;
    let has: Vec<_> = has.into_iter().collect();
    (!images.is_empty()).then(|| {
        Finding::error(
            subject,
            format!("{wanted}, and the bundle has {} for {}", images.join(", "), has.join(", ")),
        )
        .expected(format!("images for {wanted}"))
        .hint(format!("add `{wanted}` to `targets` in the bundle's spec, then lock and build it again"))
    })
}

/// Tells whether a platform is the wanted one; its variant, if any, is the best that is in the bundle.
fn is_for(platform: &str, wanted: &str) -> bool {
    platform.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::preflight::nodes::node;

    #[test]
    fn a_node_without_images_is_named_with_them() {
        let image = |text: &str| text.parse::<ImageRef>().expect("a reference");
        let carried = |has: &[&str]| has.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let platforms = BTreeMap::from([
            (image("a/both:1"), carried(&["linux/amd64", "linux/arm64/v8"])),
            (image("a/one:1"), carried(&["linux/amd64"])),
            (image("a/unused:1"), carried(&["linux/s390x"])),
            (image("a/artifact:1"), carried(&[])),
        ]);
        let used = platforms.keys().filter(|image| !image.name().contains("unused")).cloned().collect();
        let arm = Node { architecture: "arm64".into(), ..node("pi") };
        let windows = Node { system: "windows".into(), architecture: "arm".into(), ..node("w") };
        let found = compare(&used, &platforms, &[node("a"), arm, windows]);
        let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        error: node `pi`: linux/arm64, and the bundle has `docker.io/a/one:1` for linux/amd64; expected images for linux/arm64
          hint: add `linux/arm64` to `targets` in the bundle's spec, then lock and build it again
        ");
    }
}
