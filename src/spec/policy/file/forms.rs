//! The forms of a policy that name one kind of signer, or none.

use crate::spec::decode::{Decoder, Fields};
use crate::spec::node::{Node, Value};
use crate::spec::policy::identity::{Identity, SubjectMatch};
use crate::spec::policy::pattern::Pattern;
use crate::spec::policy::{Signed, Signers};

pub(super) fn key(decoder: &mut Decoder, body: &Node) -> Option<Signers> {
    let fields = decoder.fields(body, "`key`", &["pem"]);
    let node = fields.required(decoder, "pem", "|\\n  -----BEGIN PUBLIC KEY-----…")?;
    let mut keys: Vec<_> = match &node.value {
        Value::List(_) => decoder.texts(node, "`pem`"),
        _ => decoder.text(node, "`pem`").into_iter().collect(),
    }
    .into_iter()
    .map(Signers::Key)
    .collect();
    match keys.len() {
        0 => None,
        1 => keys.pop(),
        _ => Some(Signers::AnyOf(keys)),
    }
}

pub(super) fn unsigned(decoder: &mut Decoder, body: &Node) -> Option<Signed> {
    let fields = decoder.fields(body, "`unsigned`", &["reason"]);
    let node = fields.required(decoder, "reason", "why no signature is required")?;
    Some(Signed::Unsigned { reason: decoder.text(node, "`reason`")? })
}

pub(super) fn keyless(decoder: &mut Decoder, body: &Node) -> Option<Identity> {
    let known = ["issuer", "identity", "identityRegexp", "repository", "ref", "trigger"];
    let fields = decoder.fields(body, "`keyless`", &known);
    let issuer = fields.required(decoder, "issuer", "https://token.actions.githubusercontent.com");
    let issuer = issuer.and_then(|node| decoder.text(node, "`issuer`"));
    let subject = subject(decoder, &fields);
    // A claim that is there and wrong is a fault already, so nothing is built without it.
    let mut claim =
        |name: &str| fields.optional(name).and_then(|node| decoder.text(node, &format!("`{name}`")));
    let (repository, git_ref, trigger) = (claim("repository"), claim("ref"), claim("trigger"));
    Some(Identity { issuer: issuer?, subject: subject?, repository, git_ref, trigger })
}

fn subject(decoder: &mut Decoder, fields: &Fields<'_>) -> Option<SubjectMatch> {
    match (fields.optional("identity"), fields.optional("identityRegexp")) {
        (Some(node), None) => decoder.text(node, "`identity`").map(SubjectMatch::Exact),
        (None, Some(node)) => {
            let text = decoder.text(node, "`identityRegexp`")?;
            let hint = "write an expression that matches the whole identity";
            let parsed =
                Pattern::parse(&text).map_err(|error| decoder.fault(node.place, error.to_string(), hint));
            parsed.ok().map(SubjectMatch::Pattern)
        }
        (Some(_), Some(node)) => {
            let message = "`identity` and `identityRegexp` are both there";
            decoder.fault(node.place, message, "keep one of the two");
            None
        }
        (None, None) => {
            let example = "https://github.com/org/repo/.github/workflows/release.yaml@refs/tags/v1.0.0";
            fields.required(decoder, "identity", example);
            None
        }
    }
}
