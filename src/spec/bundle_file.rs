//! Reads the file of a bundle spec.

mod compose;
mod target;

use std::collections::BTreeMap;

use super::bundle::{Component, FileSpec, Item, ItemKind, Layers, PlatformFolders, Spec};
use super::decode::{Decoder, Faults, Fields};
use super::file::{API_VERSION, parse_yaml};
use super::node::{Node, Place, Value};
use super::policy::Policy;
use super::policy::file::Policies;
use crate::digest::Digest;
use crate::reference::ImageRef;
use target::check_target;

impl Spec {
    /// Reads a bundle spec.
    ///
    /// # Errors
    /// [`Faults`] with everything that is wrong in it.
    pub fn parse(text: &str, file: &str) -> Result<Self, Faults> {
        let root = parse_yaml(text, file)?;
        Reader::read(&root, file)
    }
}

/// Reads a bundle spec and notes every fault.
#[derive(Default)]
struct Reader {
    decoder: Decoder,
    policies: Policies,
    seen: BTreeMap<String, Place>,
    named: Vec<(ItemKind, ImageRef)>,
    wanted: Vec<(Place, ItemKind, ImageRef)>,
}

impl Reader {
    fn read(root: &Node, file: &str) -> Result<Spec, Faults> {
        let mut reader = Self::default();
        let spec = reader.spec(root);
        reader.check_wanted();
        reader.decoder.finish(file).map_or(Ok(spec), Err)
    }

    fn spec(&mut self, root: &Node) -> Spec {
        let known = [
            "apiVersion",
            "kind",
            "metadata",
            "targets",
            "policies",
            "components",
            "layers",
            "platforms",
            "sites",
        ];
        let fields = self.decoder.fields(root, "a bundle", &known);
        self.decoder.constant(&fields, "apiVersion", API_VERSION);
        self.decoder.constant(&fields, "kind", "Bundle");
        let (name, version) = self.metadata(&fields);
        if let Some(node) = fields.optional("policies") {
            self.policies = Policies::read(&mut self.decoder, node);
        }
        Spec {
            name,
            version,
            targets: self.targets(&fields),
            components: self.components(&fields),
            layers: fields.optional("layers").and_then(|node| self.layers(node)),
            platforms: self.platforms(&fields),
            sites: fields
                .optional("sites")
                .map(|node| self.decoder.texts(node, "`sites`"))
                .unwrap_or_default(),
        }
    }

    fn metadata(&mut self, fields: &Fields<'_>) -> (String, String) {
        let Some(node) =
            fields.required(&mut self.decoder, "metadata", "{name: homelab-security, version: 2026.11.0}")
        else {
            return Default::default();
        };
        let fields = self.decoder.fields(node, "`metadata`", &["name", "version"]);
        (self.word(&fields, "name", "homelab-security"), self.word(&fields, "version", "2026.11.0"))
    }

    /// A text that becomes part of a file's name.
    fn word(&mut self, fields: &Fields<'_>, name: &str, example: &str) -> String {
        let Some(node) = fields.required(&mut self.decoder, name, example) else { return String::new() };
        let text = self.decoder.text(node, &format!("`{name}`")).unwrap_or_default();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !text.bytes().all(fits) || text.starts_with('.') || text.len() > 100 {
            let hint = "use letters, digits, `.`, `_` and `-`, at most 100, and no `.` in front";
            self.decoder.fault(node.place, format!("`{text}` cannot be part of a file's name"), hint);
        }
        text
    }

    fn targets(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let Some(node) = fields.required(&mut self.decoder, "targets", "[linux/amd64, linux/arm64]") else {
            return Vec::new();
        };
        let mut targets = Vec::new();
        for item in self.decoder.list(node, "`targets`") {
            let Some(target) = self.decoder.text(item, "a target") else { continue };
            if let Err((message, hint)) = check_target(&target) {
                self.decoder.fault(item.place, message, hint);
            } else if targets.contains(&target) {
                self.decoder.fault(
                    item.place,
                    format!("target `{target}` is listed twice"),
                    "keep one of the two",
                );
            }
            targets.push(target);
        }
        if targets.is_empty() && matches!(&node.value, Value::List(_)) {
            self.decoder.fault(
                node.place,
                "`targets` is empty",
                "write at least one platform: [linux/amd64]",
            );
        }
        targets.sort();
        targets
    }

    /// A folder, or a folder and the names of some of its layers.
    fn layers(&mut self, node: &Node) -> Option<Layers> {
        if matches!(&node.value, Value::Text(_)) {
            return Some(Layers { folder: self.decoder.text(node, "`layers`")?, only: Vec::new() });
        }
        let fields = self.decoder.fields(node, "`layers`", &["folder", "only"]);
        let folder = fields.required(&mut self.decoder, "folder", "../manifests")?;
        let folder = self.decoder.text(folder, "`folder`")?;
        let only = fields.required(&mut self.decoder, "only", "[00-namespaces, 10-gatekeeper]")?;
        Some(Layers { folder, only: self.decoder.texts(only, "`only`") })
    }

    fn platforms(&mut self, fields: &Fields<'_>) -> PlatformFolders {
        let Some(node) = fields.optional("platforms") else { return PlatformFolders::default() };
        let fields = self.decoder.fields(node, "`platforms`", &["k3s", "talos"]);
        let mut folder =
            |name: &str| fields.optional(name).and_then(|node| self.decoder.text(node, &format!("`{name}`")));
        PlatformFolders { k3s: folder("k3s"), talos: folder("talos") }
    }

    fn components(&mut self, fields: &Fields<'_>) -> Vec<Component> {
        let Some(node) = fields.required(&mut self.decoder, "components", "[{name: gatekeeper, …}]") else {
            return Vec::new();
        };
        let items = self.decoder.list(node, "`components`");
        items.iter().map(|item| self.component(item)).collect()
    }

    fn component(&mut self, node: &Node) -> Component {
        let known = ["name", "version", "images", "artifacts", "files", "compose"];
        let fields = self.decoder.fields(node, "a component", &known);
        let name = self.word(&fields, "name", "gatekeeper");
        self.once(format!("component `{name}`"), node.place);
        let version = fields.optional("version").and_then(|node| self.decoder.text(node, "`version`"));
        let mut items = self.items(&fields, "images", ItemKind::Image);
        items.extend(self.items(&fields, "artifacts", ItemKind::Artifact));
        Component { name, version, items, files: self.files(&fields), compose: self.compose(&fields) }
    }

    fn items(&mut self, fields: &Fields<'_>, name: &str, kind: ItemKind) -> Vec<Item> {
        let Some(node) = fields.optional(name) else { return Vec::new() };
        let items = self.decoder.list(node, &format!("`{name}`"));
        items.iter().filter_map(|item| self.item(item, kind)).collect()
    }

    fn item(&mut self, node: &Node, kind: ItemKind) -> Option<Item> {
        let what = if kind == ItemKind::Image { "an image" } else { "an artifact" };
        let fields = self.decoder.fields(node, what, &["ref", "verify"]);
        let example = "docker.io/falcosecurity/falco:0.43.1";
        let reference_node = fields.required(&mut self.decoder, "ref", example);
        let reference = reference_node.and_then(|node| self.reference(node, "`ref`"));
        if let (Some(reference), Some(node)) = (&reference, reference_node) {
            self.once(format!("reference `{reference}`"), node.place);
            self.named.push((kind, reference.clone()));
        }
        let policy = match &reference {
            Some(reference) => self.verify(&fields, reference),
            None => fields.optional("verify").and_then(|node| self.policies.policy(&mut self.decoder, node)),
        };
        Some(Item { kind, reference: reference?, policy: policy? })
    }

    fn reference(&mut self, node: &Node, what: &str) -> Option<ImageRef> {
        let written = self.decoder.text(node, what)?;
        let hint = "write host/name:tag in full: docker.io/falcosecurity/falco:0.43.1";
        let reference: ImageRef = self.decoder.parsed(node, what, hint)?;
        if !written.starts_with(&format!("{}/", reference.registry())) {
            self.decoder.fault(
                node.place,
                format!("`{written}` names no registry"),
                format!("write `{reference}` if that is meant"),
            );
        } else if reference.tag() == Some("latest") && !written.ends_with(":latest") {
            self.decoder.fault(
                node.place,
                format!("`{written}` has neither a tag nor a digest"),
                format!("add one: `{written}:1.2.3`"),
            );
        }
        Some(reference)
    }

    fn verify(&mut self, fields: &Fields<'_>, reference: &ImageRef) -> Option<Policy> {
        let Some(node) = fields.optional("verify") else {
            let hint = "add `verify:` with the name of a policy, or with an inline one such as {unsigned: {reason: …}}";
            self.decoder.fault(
                fields.place(),
                format!("`{reference}` has no policy: a bundle carries nothing unverified"),
                hint,
            );
            return None;
        };
        self.policies.policy(&mut self.decoder, node)
    }

    fn files(&mut self, fields: &Fields<'_>) -> Vec<FileSpec> {
        let Some(node) = fields.optional("files") else { return Vec::new() };
        self.decoder.list(node, "`files`").iter().filter_map(|item| self.file(item)).collect()
    }

    fn file(&mut self, node: &Node) -> Option<FileSpec> {
        let fields = self.decoder.fields(node, "a file", &["name", "url", "sha256", "checksums", "large"]);
        let name = self.word(&fields, "name", "falco_rules.yaml");
        self.once(format!("file `{name}`"), node.place);
        let sha256 = fields.optional("sha256").and_then(|node| self.sha256(node));
        let url_node = fields.required(&mut self.decoder, "url", "https://…")?;
        let url = self.decoder.text(url_node, "`url`")?;
        let safe = url.starts_with("https://") || url.starts_with("http://") && sha256.is_some();
        if !safe {
            let hint = "write an https:// address, or http:// together with a sha256";
            self.decoder.fault(
                url_node.place,
                format!("`{url}` is not fetched over a safe connection"),
                hint,
            );
        }
        let checksums = fields.optional("checksums").and_then(|node| self.checksums(node));
        let large = fields.optional("large").and_then(|node| self.decoder.boolean(node, "`large`"));
        Some(FileSpec { name, url, sha256, checksums, large: large.unwrap_or_default() })
    }

    fn checksums(&mut self, node: &Node) -> Option<String> {
        let url = self.decoder.text(node, "`checksums`")?;
        if !url.starts_with("https://") {
            let message = format!("`{url}` is not fetched over a safe connection");
            self.decoder.fault(
                node.place,
                message,
                "write the https:// address of upstream's list of checksums",
            );
        }
        Some(url)
    }

    fn sha256(&mut self, node: &Node) -> Option<Digest> {
        let text = self.decoder.text(node, "`sha256`")?;
        let digest = format!("sha256:{}", text.strip_prefix("sha256:").unwrap_or(&text)).parse();
        if digest.is_err() {
            self.decoder.fault(
                node.place,
                format!("`{text}` is not a SHA-256"),
                "write 64 lower-case hexadecimal digits",
            );
        }
        digest.ok()
    }

    fn once(&mut self, what: String, place: Place) {
        if let Some(first) = self.seen.get(&what) {
            let hint = format!("it is already in line {}; keep one of the two", first.line);
            self.decoder.fault(place, format!("{what} is listed twice"), hint);
        } else {
            self.seen.insert(what, place);
        }
    }
}
