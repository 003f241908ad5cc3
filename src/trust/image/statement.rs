//! The in-toto statement: the content that an envelope's signature covers.
//!
//! A signature of an image is one kind of statement, known by its predicate type; provenance and bills of materials are others, and
//! stored in the same way. Cosign looks at neither the predicate's type nor the statement's; here both are.
// See: in-toto attestation spec/v1/statement.md; cosign specs/BUNDLE_SPEC.md

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::fault::{Fault, expect, from_json};
use crate::digest::Digest;
use crate::trust::keys::encoding::excerpt;

/// The type of an envelope's payload that is a statement.
pub(crate) const IN_TOTO: &str = "application/vnd.in-toto+json";
/// The predicate type of a statement that is the signature of an image.
pub(crate) const SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// Attestations of older builders; no image signature has it.
const STATEMENT_0_1: &str = "https://in-toto.io/Statement/v0.1";
const SUBJECT_LIMIT: usize = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    predicate_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    _predicate_type: String,
    #[serde(default, rename = "predicate")]
    _predicate: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Subject {
    digest: BTreeMap<String, String>,
}

/// Returns the type of a statement's predicate.
pub(crate) fn predicate_type(payload: &[u8]) -> Result<String, Fault> {
    from_json("statement", payload).map(|header: Header| header.predicate_type)
}

/// Checks that a statement of this predicate type is about the image.
pub(crate) fn check(payload: &[u8], predicate_type: &str, expected: Digest) -> Result<(), Fault> {
    let statement: Statement = from_json("statement", payload)?;
    if predicate_type == SIGNATURE {
        expect("statement type", STATEMENT, &statement.kind)?;
        let [subject] = statement.subject.as_slice() else {
            return Err(Fault::Count {
                expected: "1 subject in a statement",
                found: statement.subject.len(),
            });
        };
        return subject.check(expected);
    }
    check_type(&statement.kind)?;
    check_any(&statement.subject, expected)
}

fn check_type(kind: &str) -> Result<(), Fault> {
    if kind == STATEMENT_0_1 { Ok(()) } else { expect("statement type", STATEMENT, kind) }
}

/// Checks that one of the subjects is the image: what was built together is attested together.
fn check_any(subjects: &[Subject], expected: Digest) -> Result<(), Fault> {
    if subjects.is_empty() || subjects.len() > SUBJECT_LIMIT {
        return Err(Fault::Count { expected: "1 to 1024 subjects in a statement", found: subjects.len() });
    }
    if subjects.iter().any(|subject| subject.check(expected).is_ok()) {
        return Ok(());
    }
    subjects.iter().try_for_each(|subject| subject.check(expected))
}

impl Subject {
    fn check(&self, expected: Digest) -> Result<(), Fault> {
        let found = self.digest.get("sha256").map_or("", String::as_str);
        if found == expected.hex() {
            return Ok(());
        }
        Err(Fault::OtherSubject { expected, found: format!("sha256:{}", excerpt(found)) })
    }
}
