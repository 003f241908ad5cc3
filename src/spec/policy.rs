//! Who must have signed an image or artifact.

use serde::Serialize;

use super::decode::{Decoder, Fields};
use super::node::{Node, Value};

/// The verification policy of one image or artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Policy {
    /// Signed by one of these public keys (PEM, `PUBLIC KEY`).
    Key {
        /// The keys; one good signature by any of them is enough.
        pem: Vec<String>,
    },
    /// Not signed by anybody: pinned by its digest in the lock.
    Unsigned {
        /// Why that is accepted.
        reason: String,
    },
}

const FORMS: &[&str] = &["keyless", "key", "unsigned"];

impl Policy {
    /// Decodes an inline policy.
    pub(super) fn decode(decoder: &mut Decoder, node: &Node) -> Option<Self> {
        let fields = decoder.fields(node, "a policy", FORMS);
        let Value::Map(entries) = &node.value else { return None };
        let [(form, body)] = entries.as_slice() else {
            let hint = "write one of `keyless`, `key`, `unsigned`";
            decoder.fault(
                node.place,
                format!("a policy has exactly one form, found {}", entries.len()),
                hint,
            );
            return None;
        };
        match form.name.as_str() {
            "key" => decode_key(decoder, body),
            "unsigned" => decode_unsigned(decoder, body),
            "keyless" => {
                refuse_keyless(decoder, &fields, body);
                None
            }
            _ => None,
        }
    }
}

fn decode_key(decoder: &mut Decoder, body: &Node) -> Option<Policy> {
    let fields = decoder.fields(body, "`key`", &["pem"]);
    let node = fields.required(decoder, "pem", "|\\n  -----BEGIN PUBLIC KEY-----…")?;
    let pem = match &node.value {
        Value::List(_) => decoder.texts(node, "`pem`"),
        _ => decoder.text(node, "`pem`").into_iter().collect(),
    };
    (!pem.is_empty()).then_some(Policy::Key { pem })
}

fn decode_unsigned(decoder: &mut Decoder, body: &Node) -> Option<Policy> {
    let fields = decoder.fields(body, "`unsigned`", &["reason"]);
    let node = fields.required(decoder, "reason", "why nobody's signature is demanded")?;
    Some(Policy::Unsigned { reason: decoder.text(node, "`reason`")? })
}

fn refuse_keyless(decoder: &mut Decoder, fields: &Fields<'_>, body: &Node) {
    let what = decoder.fields(body, "`keyless`", &["issuer", "identity"]);
    let identity = what.optional("identity").and_then(|node| decoder.text(node, "`identity`"));
    let shown = identity.map(|identity| format!(" (identity `{identity}`)")).unwrap_or_default();
    let message = format!("policy `keyless`{shown}: keyless verification is not there yet in this version");
    decoder.fault(
        fields.place(),
        message,
        "use `key`, or `unsigned` with a reason: the lock then pins the digest",
    );
}
