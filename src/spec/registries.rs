//! Reads the `--registries` file: where each upstream host is really asked.

use std::collections::BTreeMap;

use super::decode::Decoder;
use super::node::{Node, Value};
use super::site_file::is_host;
use super::{Faults, parse_yaml};

/// Where upstream's hosts are really asked. Names in the lock and the bundle stay upstream's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registries {
    /// By upstream's host, as references name it.
    pub mirrors: BTreeMap<String, Mirror>,
    /// Where files come from instead of their own addresses.
    pub files: Option<FileMirror>,
}

/// A registry that is asked in place of upstream's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// Host and port.
    pub host: String,
    /// A path before every repository; empty for none.
    pub prefix: String,
    /// Whether it speaks plain HTTP. `None`: plain on a loopback address, TLS anywhere else.
    pub plain_http: Option<bool>,
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
            registries.mirrors.extend(decode_mirror(decoder, node).map(|mirror| (key.name.clone(), mirror)));
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

fn decode_mirror(decoder: &mut Decoder, node: &Node) -> Option<Mirror> {
    let fields = decoder.fields(node, "a registry", &["mirror", "plainHttp"]);
    let plain_http = fields.optional("plainHttp").and_then(|node| decoder.boolean(node, "`plainHttp`"));
    let node = fields.required(decoder, "mirror", "127.0.0.1:5001")?;
    let text = decoder.text(node, "`mirror`")?;
    let (host, prefix) = text.split_once('/').unwrap_or((&text, ""));
    if !is_host(host) {
        decoder.fault(
            node.place,
            format!("`{text}` is not the address of a registry"),
            "write host:port, or host:port/path",
        );
    }
    Some(Mirror { host: host.to_owned(), prefix: prefix.trim_matches('/').to_owned(), plain_http })
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
