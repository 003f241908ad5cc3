//! Reads what a spec says of images that are made from other parts of it.

use super::super::compose::{Addition, COMPOSED_HOST, Compose};
use super::super::decode::Fields;
use super::super::node::{Node, Place, Value};
use super::{ItemKind, Reader};
use crate::reference::ImageRef;

/// The longest path of a file that is added, in bytes: what the name of a tar header holds.
// See: POSIX.1-2017 pax, "ustar Interchange Format"
const MAX_PATH: usize = 100;

impl Reader {
    pub(super) fn compose(&mut self, fields: &Fields<'_>) -> Vec<Compose> {
        let Some(node) = fields.optional("compose") else { return Vec::new() };
        let items = self.decoder.list(node, "`compose`");
        items.iter().filter_map(|item| self.composed(item)).collect()
    }

    fn composed(&mut self, node: &Node) -> Option<Compose> {
        let fields = self.decoder.fields(node, "a composed image", &["image", "base", "add"]);
        let example = "bundle.local/falco-k8smeta:0.44.1-0.4.1";
        let image = fields.required(&mut self.decoder, "image", example);
        let image = image.and_then(|node| self.composed_name(node));
        let base = self.part(&fields, "base", ItemKind::Image, "docker.io/falcosecurity/falco:0.44.1");
        let add = fields.required(&mut self.decoder, "add", "[{artifact: …, file: …, to: …}]");
        let add = add.map(|node| self.additions(node))?;
        Some(Compose { image: image?, base: base?, add })
    }

    fn composed_name(&mut self, node: &Node) -> Option<ImageRef> {
        let reference = self.reference(node, "`image`")?;
        if reference.registry() != COMPOSED_HOST || reference.digest().is_some() {
            let (path, tag) = (reference.repository(), reference.tag().unwrap_or("1.0.0"));
            let name = path.rsplit('/').next().unwrap_or(path);
            self.decoder.fault(
                node.place,
                format!("`{reference}` is no name of an image that a bundle makes"),
                format!("write {COMPOSED_HOST}/name:tag: {COMPOSED_HOST}/{name}:{tag}"),
            );
        }
        self.once(format!("reference `{reference}`"), node.place);
        Some(reference)
    }

    /// A reference to an image or artifact of the same spec.
    fn part(&mut self, fields: &Fields<'_>, name: &str, kind: ItemKind, example: &str) -> Option<ImageRef> {
        let node = fields.required(&mut self.decoder, name, example)?;
        let reference = self.reference(node, &format!("`{name}`"))?;
        self.wanted.push((node.place, kind, reference.clone()));
        Some(reference)
    }

    fn additions(&mut self, node: &Node) -> Vec<Addition> {
        let items = self.decoder.list(node, "`add`");
        if items.is_empty() && matches!(&node.value, Value::List(_)) {
            let hint = "name what is added, or use the base itself";
            self.decoder.fault(node.place, "`add` is empty", hint);
        }
        let read = items.iter().filter_map(|item| Some((item.place, self.addition(item)?)));
        let mut placed: Vec<(Place, Addition)> = read.collect();
        placed.sort_by(|(_, one), (_, other)| one.path.cmp(&other.path));
        for (at, (place, addition)) in placed.iter().enumerate() {
            let within = |other: &Addition| addition.path.starts_with(&format!("{}/", other.path));
            let collides = |other: &Addition| other.path == addition.path || within(other);
            if placed[..at].iter().any(|(_, other)| collides(other)) {
                let hint = "add each file once, to a path of its own";
                self.decoder.fault(*place, format!("`{}` is taken by another file", addition.path), hint);
            }
        }
        placed.into_iter().map(|(_, addition)| addition).collect()
    }

    fn addition(&mut self, node: &Node) -> Option<Addition> {
        let fields = self.decoder.fields(node, "an addition", &["artifact", "file", "to"]);
        let example = "ghcr.io/falcosecurity/plugins/plugin/k8smeta:0.4.1";
        let artifact = self.part(&fields, "artifact", ItemKind::Artifact, example);
        let file = self.word(&fields, "file", "libk8smeta.so");
        let to = fields.required(&mut self.decoder, "to", "/usr/share/falco/plugins/")?;
        let folder = self.decoder.text(to, "`to`")?;
        if !is_folder(&folder) {
            let hint = "write it from the root on, without `..` and without special characters: /usr/share/falco/plugins/";
            self.decoder.fault(to.place, format!("`{folder}` is no folder of an image"), hint);
        }
        let path = format!("{}/{file}", folder.trim_end_matches('/'));
        if path.len() > MAX_PATH {
            let hint = format!("choose a folder so that it has at most {MAX_PATH}");
            self.decoder.fault(to.place, format!("`{path}` has {} bytes", path.len()), hint);
        }
        Some(Addition { artifact: artifact?, path })
    }

    /// Checks that what images are made from is in the spec, whatever stands first.
    pub(super) fn check_wanted(&mut self) {
        for (place, kind, wanted) in std::mem::take(&mut self.wanted) {
            let same = self.named.iter().filter(|(named, _)| *named == kind);
            let there: Vec<_> = same.map(|(_, reference)| reference.to_string()).collect();
            if there.contains(&wanted.to_string()) {
                continue;
            }
            let list = if kind == ItemKind::Image { "images" } else { "artifacts" };
            let hint = match there.as_slice() {
                [] => format!("add it under `{list}`, with its policy"),
                there => format!("add it there, with its policy; there are: {}", there.join(", ")),
            };
            self.decoder.fault(place, format!("`{wanted}` is not among the `{list}` of this spec"), hint);
        }
    }
}

/// Tells whether a text is an absolute folder. A part that begins with a dot could lead up, or take a file of the base away.
// See: OCI image-spec layer.md, "Whiteouts"
fn is_folder(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte);
    let is_part = |part: &str| {
        !part.is_empty() && part != "." && part != ".." && !part.starts_with(".wh.") && part.bytes().all(fits)
    };
    let inner = text.strip_prefix('/').map(|inner| inner.strip_suffix('/').unwrap_or(inner));
    inner.is_some_and(|inner| inner.is_empty() || inner.split('/').all(is_part))
}

#[cfg(test)]
mod tests;
