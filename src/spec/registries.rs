//! Reads the `--registries` file: the mirrors of upstream's hosts.

use std::collections::BTreeMap;

use super::certificates::{Certificates, decode_certificates};
use super::decode::{Decoder, Faults};
use super::file::parse_yaml;
use super::host::is_host;
use super::node::{Node, Value};

/// The mirrors of upstream's hosts. Names in the lock and the bundle stay upstream's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registries {
    /// By upstream's host, as references name it.
    pub mirrors: BTreeMap<String, Mirror>,
    /// Where files come from instead of their own addresses.
    pub files: Option<FileMirror>,
}

/// A registry that is asked in place of upstream's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mirror {
    /// Host and port.
    pub host: String,
    /// A path before every repository; empty for none.
    pub prefix: String,
    /// Whether it speaks plain HTTP. `None`: plain on a loopback address, TLS anywhere else.
    pub plain_http: Option<bool>,
    /// Its CA and client certificate.
    pub certificates: Certificates,
}

/// Where files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileMirror {
    /// A folder of files that are named by their SHA-256, relative to the working directory.
    Folder(String),
    /// An address under which the original host and path are appended.
    Url(String),
}

impl Registries {
    /// Reads a registries file.
    ///
    /// # Errors
    /// [`Faults`] with everything that is wrong in it.
    pub fn parse(text: &str, file: &str) -> Result<Self, Faults> {
        let root = parse_yaml(text, file)?;
        let mut decoder = Decoder::default();
        let registries = decode(&mut decoder, &root);
        decoder.finish(file).map_or(Ok(registries), Err)
    }
}

fn decode(decoder: &mut Decoder, root: &Node) -> Registries {
    let mut registries = Registries::default();
    let Value::Map(entries) = &root.value else {
        decoder.fields(root, "the registries file", &[]);
        return registries;
    };
    for (key, node) in entries {
        if key.name == "files" {
            registries.files = decode_files(decoder, node);
        } else if is_host(&key.name) {
            registries
                .mirrors
                .extend(decode_mirror(decoder, &key.name, node).map(|mirror| (key.name.clone(), mirror)));
        } else {
            decoder.fault(
                key.place,
                format!("`{}` is not a registry's host", key.name),
                "write the host as references name it: docker.io",
            );
        }
    }
    registries
}

fn decode_mirror(decoder: &mut Decoder, upstream: &str, node: &Node) -> Option<Mirror> {
    let known = ["mirror", "plainHttp", "ca", "clientCertificate", "clientKey"];
    let fields = decoder.fields(node, "a registry", &known);
    let plain_http = fields.optional("plainHttp").and_then(|node| decoder.boolean(node, "`plainHttp`"));
    let certificates = decode_certificates(decoder, &fields);
    let plain_http = plain_http.or(certificates.are_given().then_some(false));
    let itself = plain_http.is_some();
    let text = match fields.optional("mirror") {
        None if itself => {
            return Some(Mirror { host: upstream.to_owned(), plain_http, certificates, ..Mirror::default() });
        }
        _ => {
            let node = fields.required(decoder, "mirror", "127.0.0.1:5001")?;
            (node, decoder.text(node, "`mirror`")?)
        }
    };
    let (node, text) = text;
    let (host, prefix) = text.split_once('/').unwrap_or((&text, ""));
    if !is_host(host) {
        decoder.fault(
            node.place,
            format!("`{text}` is not the address of a registry"),
            "write host:port, or host:port/path",
        );
    }
    Some(Mirror {
        host: host.to_owned(),
        prefix: prefix.trim_matches('/').to_owned(),
        plain_http,
        certificates,
    })
}

fn decode_files(decoder: &mut Decoder, node: &Node) -> Option<FileMirror> {
    let fields = decoder.fields(node, "`files`", &["folder", "url"]);
    match (fields.optional("folder"), fields.optional("url")) {
        (Some(node), None) => decoder.text(node, "`folder`").map(FileMirror::Folder),
        (None, Some(node)) => decoder.text(node, "`url`").map(FileMirror::Url),
        _ => {
            decoder.fault(
                fields.place(),
                "`files` has either a folder or an address",
                "write {folder: …} or {url: …}",
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_asked_elsewhere_or_itself_with_certificates_of_its_own() {
        let text = "docker.io: {mirror: cache.lan/hub, ca: ca.pem}\n\
                    reg.lan: {clientCertificate: c.pem, clientKey: k.pem}\n\
                    plain.lan: {plainHttp: true}\n";
        let found = Registries::parse(text, "registries.yaml").unwrap().mirrors;
        let file = |name: &str| Some(name.to_owned());
        let hub = Certificates { ca: file("ca.pem"), ..Certificates::default() };
        let own = Certificates {
            client_certificate: file("c.pem"),
            client_key: file("k.pem"),
            ..Certificates::default()
        };
        let mirror = |host: &str, certificates: Certificates| Mirror {
            host: host.to_owned(),
            plain_http: certificates.are_given().then_some(false),
            certificates,
            ..Mirror::default()
        };
        assert_eq!(found["docker.io"], Mirror { prefix: "hub".to_owned(), ..mirror("cache.lan", hub) });
        assert_eq!(found["reg.lan"], mirror("reg.lan", own));
        let plain = mirror("plain.lan", Certificates::default());
        assert_eq!(found["plain.lan"], Mirror { plain_http: Some(true), ..plain });
    }

    #[test]
    fn half_a_client_certificate_is_a_fault() {
        let faults = Registries::parse("reg.lan: {clientKey: k.pem}\nother.lan: {}\n", "registries.yaml");
        insta::assert_snapshot!(faults.unwrap_err(), @r"
            `registries.yaml` has 2 faults
              registries.yaml:1:10: a client certificate and its key come together
                hint: write both: {clientCertificate: FILE, clientKey: FILE}
              registries.yaml:2:12: a registry lacks `mirror`
                hint: add `mirror: 127.0.0.1:5001`
            ");
    }
}
