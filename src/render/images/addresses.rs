//! Finds addresses in rendered objects that lead out of the site.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::endpoint::{authority, host};
use crate::reference::is_loopback;
use crate::render::error::{Faults, RenderError};
use crate::render::objects::object::Object;
use crate::render::objects::patch::Target;
use crate::render::objects::pointer::{Pointer, escaped};
use crate::spec::Site;

/// What comes before `://` in an address that something could open.
const SCHEMES: &[&str] = &["http", "https", "oci", "git", "ssh", "ftp", "grpc", "grpcs", "tcp", "ws", "wss"];

/// Texts of an object that nothing ever opens.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::render) struct Inert {
    target: Target,
    /// Everything at this place and below it.
    path: Pointer,
    /// Why nothing opens it.
    reason: String,
}

/// The hosts that belong to a site, besides those of the cluster itself.
pub(in crate::render) struct SiteHosts(BTreeSet<String>);

impl SiteHosts {
    /// Takes the hosts that the site names.
    pub(in crate::render) fn of(site: &Site) -> Self {
        let registry = [Some(site.registry.address.as_str()), site.registry.pod_address.as_deref()];
        let alerting = site.alerting.iter().map(|alerting| authority(&alerting.alertmanager));
        let hosts = registry.into_iter().flatten().chain(alerting).map(host);
        Self(hosts.map(str::to_owned).collect())
    }

    /// Tells whether an authority (host, perhaps with a port) is in the site: a host that it names, this very pod, a
    /// Service, or a name that is no public one.
    fn contains(&self, authority: &str) -> bool {
        let host = host(authority);
        let of_cluster = !host.contains('.') && !host.contains(':')
            || [".svc", ".svc.cluster.local", ".cluster.local"].iter().any(|end| host.ends_with(end));
        of_cluster || is_loopback(authority) || self.0.contains(host)
    }
}

impl Inert {
    /// Checks that it says why, and that it still speaks of something.
    pub(in crate::render) fn check(&self, objects: &mut [Object], layer_file: &str, faults: &mut Faults) {
        if self.reason.trim().is_empty() {
            let what = format!("`inert` for {}", self.target.title());
            faults.push(RenderError::NoReason { file: layer_file.to_owned(), what });
        }
        let mut selected = objects.iter_mut().filter(|object| self.target.selects(object));
        if !selected.any(|object| self.path.visit(&mut object.value, &mut |_, _| ()) > 0) {
            faults.push(RenderError::Place {
                file: layer_file.to_owned(),
                what: "inert text",
                target: self.target.title(),
                path: self.path.to_string(),
            });
        }
    }
}

/// Refuses every address of an object outside the site that the layer does not declare inert.
pub(in crate::render) fn refuse_outside(
    object: &mut Object,
    inert: &[Inert],
    hosts: &SiteHosts,
    faults: &mut Faults,
) {
    let mut skipped = BTreeSet::new();
    let meant: Vec<_> = inert.iter().filter(|one| one.target.selects(object)).collect();
    for one in meant {
        one.path.visit(&mut object.value, &mut |place, _| {
            skipped.insert(place.to_owned());
        });
    }
    let (source_file, title) = (object.source.clone(), object.title());
    let mut found = |field: &str, address: &str| {
        faults.push(RenderError::Outside {
            source_file: source_file.clone(),
            object: title.clone(),
            field: field.to_owned(),
            address: address.to_owned(),
        });
    };
    walk(&object.value, &mut String::new(), &skipped, hosts, &mut found);
}

fn walk(
    value: &Value,
    at: &mut String,
    skipped: &BTreeSet<String>,
    hosts: &SiteHosts,
    found: &mut dyn FnMut(&str, &str),
) {
    if skipped.contains(at.as_str()) {
        return;
    }
    let length = at.len();
    let mut below = |key: &str, child: &Value| {
        at.push('/');
        at.push_str(key);
        walk(child, at, skipped, hosts, found);
        at.truncate(length);
    };
    match value {
        Value::String(text) => {
            let outside = addresses(text).filter(|(authority, _)| !hosts.contains(authority));
            outside.for_each(|(_, address)| found(at, address));
        }
        Value::Array(items) => {
            (0..).zip(items).for_each(|(index, child): (usize, _)| below(&index.to_string(), child));
        }
        Value::Object(fields) => fields.iter().for_each(|(key, child)| below(&escaped(key), child)),
        _ => {}
    }
}

/// Returns the authority and the whole of every address in a text. What a variable holds is looked at where it is set.
fn addresses(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("://").filter_map(|(at, separator)| {
        let scheme = text[..at].rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next()?;
        let start = at + separator.len();
        let rest = &text[start..];
        let end = rest.find(|letter: char| letter.is_whitespace() || "\"'`<>|\\,;)}".contains(letter));
        let address = &text[at - scheme.len()..start + end.unwrap_or(rest.len())];
        let authority = authority(address);
        let known = SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known));
        (known && !authority.is_empty() && !authority.starts_with(['$', '{', '%']))
            .then_some((authority, address))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::render::tests::site;
    use crate::render::yaml::parse;
    use crate::spec::ImageMode;

    fn outside(value: Value, inert: &str) -> Result<(), String> {
        let mut object = Object::new(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": value}),
            "10-x/y.yaml",
        )
        .unwrap();
        let mut faults = Faults::default();
        let hosts = SiteHosts::of(&site(ImageMode::Mirror));
        let inert: Vec<Inert> = parse(inert).unwrap();
        refuse_outside(&mut object, &inert, &hosts, &mut faults);
        faults.or(()).map_err(|faults| faults.to_string())
    }

    #[test]
    fn what_stays_in_the_site_is_fine() {
        for text in [
            "http://registry.lan:5000/v2/",
            "http://falcosidekick:2801/",
            "http://falcosidekick.falco.svc:2801/ and https://kubernetes.default.svc.cluster.local",
            "http://localhost:8080, http://127.0.0.1:1, http://[::1]:2/x",
            "https://${HOST}/x",
            "unix:///run/containerd/containerd.sock",
            "no address",
            "://",
        ] {
            assert_eq!(outside(json!({ "a": text }), "[]"), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_leaves_it_is_named_with_its_field() {
        let start = "ConfigMap `c` in `10-x/y.yaml`, field `/data/a~1b/0/c`: `";
        let end = "` is outside the site";
        for (text, address) in [
            ("see https://example.com/x for more", "https://example.com/x"),
            ("index: HTTPS://user:pass@example.com:8080", "HTTPS://user:pass@example.com:8080"),
            ("[oci://ghcr.io/a/b:1]", "oci://ghcr.io/a/b:1]"),
            ("http://192.0.2.1/", "http://192.0.2.1/"),
            ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
            ("http://registry.lan.example/", "http://registry.lan.example/"),
        ] {
            let found = outside(json!({"a/b": [{ "c": text }]}), "[]");
            assert_eq!(found, Err(format!("{start}{address}{end}")), "{text}");
        }
    }

    #[test]
    fn what_is_declared_inert_is_passed_over() {
        let inert = "[{target: {kind: ConfigMap}, path: /data/readme, reason: for people}]";
        let text = "https://example.com/";
        assert_eq!(outside(json!({"readme": {"a": [text]}}), inert), Ok(()));
        assert!(
            outside(json!({"readme": text, "index": text}), inert).unwrap_err().contains("`/data/index`")
        );
    }
}
