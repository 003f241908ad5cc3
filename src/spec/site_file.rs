//! Reads the operator's `site.yaml`.

mod alerting;
mod cidr;
mod denied;
mod edit;
mod fields;
mod flows;
mod gatekeeper;
mod names;
mod namespaces;
mod network;
mod policies;
mod registry;
#[cfg(test)]
mod tests;

use alerting::{decode_alerting, decode_trivy};
use gatekeeper::decode_gatekeeper;
use namespaces::decode_namespaces;
use network::decode_network;
use registry::decode_registry;

pub use denied::denying_policies;
pub use edit::EditError;

use super::decode::Decoder;
use super::decode::Faults;
use super::file::{API_VERSION, parse_yaml};
use super::node::Node;
use super::site::{Platform, Site};

const PLATFORMS: &[(&str, Platform)] = &[("k3s", Platform::K3s), ("talos", Platform::Talos)];
impl Site {
    /// Reads a site file.
    ///
    /// # Errors
    /// [`Faults`] with everything that is wrong in it.
    pub fn parse(text: &str, file: &str) -> Result<Self, Faults> {
        let root = parse_yaml(text, file)?;
        let mut decoder = Decoder::default();
        let site = decode(&mut decoder, &root);
        decoder.finish(file).map_or(Ok(site), Err)
    }
}

fn decode(decoder: &mut Decoder, root: &Node) -> Site {
    let known = [
        "apiVersion",
        "kind",
        "platform",
        "registry",
        "gatekeeper",
        "network",
        "namespaces",
        "alerting",
        "trivy",
    ];
    let fields = decoder.fields(root, "a site", &known);
    decoder.constant(&fields, "apiVersion", API_VERSION);
    decoder.constant(&fields, "kind", "Site");
    let platform = fields.optional("platform").and_then(|node| decoder.choice(node, "`platform`", PLATFORMS));
    let registry = fields.required(decoder, "registry", "{address: registry.lan:5000}");
    let registry = registry.map(|node| decode_registry(decoder, node)).unwrap_or_default();
    let network = fields.optional("network").map(|node| decode_network(decoder, node));
    let trivy = fields.optional("trivy").map(|node| decode_trivy(decoder, node));
    Site {
        platform,
        gatekeeper: decode_gatekeeper(decoder, fields.optional("gatekeeper"), &registry),
        registry,
        network: network.unwrap_or_default(),
        namespaces: decode_namespaces(decoder, &fields),
        alerting: fields.optional("alerting").and_then(|node| decode_alerting(decoder, node)),
        trivy: trivy.unwrap_or_default(),
    }
}
