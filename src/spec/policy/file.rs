//! Reads a policy, named or inline.

mod forms;

use std::collections::BTreeMap;

use super::super::decode::{Decoder, Fields, closest};
use super::super::node::{Node, Value};
use super::{Attestation, Policy, Signed, Signers};

const FORMS: [&str; 5] = ["keyless", "key", "unsigned", "allOf", "anyOf"];
const ATTESTATIONS: &str = "attestations";
/// How deep `allOf` and `anyOf` may be within each other.
const MAX_DEPTH: usize = 8;

/// The policies that have a name. One that has faults keeps its name, so that they are reported once.
#[derive(Default)]
pub(in crate::spec) struct Policies(BTreeMap<String, Option<Policy>>);

impl Policies {
    /// Reads the policies of a file, in its order.
    pub(in crate::spec) fn read(decoder: &mut Decoder, node: &Node) -> Self {
        let mut policies = Self::default();
        let Value::Map(entries) = &node.value else {
            decoder.fields(node, "`policies`", &[]);
            return policies;
        };
        for (key, node) in entries {
            let policy = policies.policy(decoder, node);
            policies.0.insert(key.name.clone(), policy);
        }
        policies
    }

    /// Reads a policy: a name, or an inline one.
    pub(in crate::spec) fn policy(&self, decoder: &mut Decoder, node: &Node) -> Option<Policy> {
        match &node.value {
            Value::Text(name) => self.named(decoder, node, name),
            _ => self.inline(decoder, node),
        }
    }

    fn named(&self, decoder: &mut Decoder, node: &Node, name: &str) -> Option<Policy> {
        if let Some(policy) = self.0.get(name) {
            return policy.clone();
        }
        let known: Vec<_> = self.0.keys().map(String::as_str).collect();
        let hint = match closest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("define it under `policies`, above its use; there are: {}", known.join(", ")),
        };
        decoder.fault(node.place, format!("unknown policy `{name}`"), hint);
        None
    }

    fn inline(&self, decoder: &mut Decoder, node: &Node) -> Option<Policy> {
        let known = [&FORMS[..], &[ATTESTATIONS]].concat();
        let fields = decoder.fields(node, "a policy", &known);
        let signed = self.signed(decoder, node, &fields, MAX_DEPTH);
        let listed = fields.optional(ATTESTATIONS).map(|node| decoder.list(node, "`attestations`"));
        let attestations = listed.unwrap_or_default().iter().map(|item| self.attestation(decoder, item));
        let attestations = attestations.collect::<Option<Vec<_>>>();
        Some(Policy { signed: signed?, attestations: attestations? })
    }

    fn signed(
        &self,
        decoder: &mut Decoder,
        node: &Node,
        fields: &Fields<'_>,
        depth: usize,
    ) -> Option<Signed> {
        let Value::Map(_) = &node.value else { return None };
        let forms = fields.entries().iter().filter(|(key, _)| key.name != ATTESTATIONS);
        let forms: Vec<_> = forms.collect();
        let [(form, body)] = forms.as_slice() else {
            let hint = format!("write one of `{}`", FORMS.join("`, `"));
            let message = format!("a policy has exactly one form, found {}", forms.len());
            decoder.fault(node.place, message, hint);
            return None;
        };
        match form.name.as_str() {
            "unsigned" => forms::unsigned(decoder, body),
            "key" => forms::key(decoder, body).map(Signed::By),
            "keyless" => forms::keyless(decoder, body).map(|identity| Signed::By(Signers::Keyless(identity))),
            "allOf" => self.several(decoder, body, "`allOf`", depth).map(Signers::AllOf).map(Signed::By),
            "anyOf" => self.several(decoder, body, "`anyOf`", depth).map(Signers::AnyOf).map(Signed::By),
            _ => None,
        }
    }

    fn several(&self, decoder: &mut Decoder, node: &Node, what: &str, depth: usize) -> Option<Vec<Signers>> {
        let items = decoder.list(node, what);
        let mut signers = Vec::new();
        for item in items {
            let one = self.signers(decoder, item, depth)?;
            if signers.contains(&one) {
                let message =
                    format!("{what} names the same signer twice: one signature would be enough for both");
                decoder.fault(item.place, message, "keep one of the two");
            }
            signers.push(one);
        }
        if items.len() < 2 && matches!(node.value, Value::List(_)) {
            let message = format!("{what} needs at least two policies, found {}", items.len());
            decoder.fault(node.place, message, "write the one policy by itself, or add another");
        }
        Some(signers)
    }

    /// Reads a part of a policy: what it demands is a signature, and nothing else.
    fn signers(&self, decoder: &mut Decoder, node: &Node, depth: usize) -> Option<Signers> {
        let Some(depth) = depth.checked_sub(1) else {
            decoder.fault(
                node.place,
                format!("policies are nested more than {MAX_DEPTH} deep"),
                "write it flatter",
            );
            return None;
        };
        let signed = match &node.value {
            Value::Text(name) => {
                let policy = self.named(decoder, node, name)?;
                if !policy.attestations.is_empty() {
                    let message = format!("the policy `{name}` demands attestations, which a part cannot");
                    decoder.fault(node.place, message, "write `attestations` beside `allOf` or `anyOf`");
                }
                Some(policy.signed)
            }
            _ => {
                let fields = decoder.fields(node, "a part of a policy", &FORMS);
                self.signed(decoder, node, &fields, depth)
            }
        };
        match signed? {
            Signed::By(signers) => Some(signers),
            Signed::Unsigned { .. } => {
                let message = "`unsigned` cannot be one of several: it would be met by anything";
                decoder.fault(node.place, message, "take it out, or make it the whole policy");
                None
            }
        }
    }

    fn attestation(&self, decoder: &mut Decoder, node: &Node) -> Option<Attestation> {
        let fields = decoder.fields(node, "an attestation", &["predicateType", "by"]);
        let kind = fields.required(decoder, "predicateType", "https://slsa.dev/provenance/v1");
        let predicate_type = kind.and_then(|node| decoder.text(node, "`predicateType`"));
        let by = fields.required(decoder, "by", "{keyless: {issuer: …, identity: …}}");
        let by = by.and_then(|node| self.signers(decoder, node, MAX_DEPTH));
        Some(Attestation { predicate_type: predicate_type?, by: by? })
    }
}

#[cfg(test)]
mod tests;
