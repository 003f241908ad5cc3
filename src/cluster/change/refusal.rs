//! Refusals of an applied object: whether a retry may help, and which error they are.

use crate::cluster::api::answer::Answer;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::objects::json::{list, text};

/// Tells whether a refusal is transient.
pub(super) fn is_transient(answer: &Answer) -> bool {
    match answer.status {
        404 => answer.is_not_served(),
        409 => field_conflicts(answer).is_empty(),
        500 => answer.message().contains("failed calling webhook"),
        429 | 503 | 504 => true,
        _ => false,
    }
}

/// Returns the refusal of an object as an error.
pub(in crate::cluster) fn refusal(id: &ObjectId, file: &str, answer: &Answer) -> ClusterError {
    let (id, file, fields) = (id.clone(), file.to_owned(), field_conflicts(answer));
    match answer.status {
        404 if answer.is_not_served() => {
            ClusterError::UnknownKind { file, api_version: id.api_version, kind: id.kind }
        }
        409 if !fields.is_empty() => ClusterError::Conflict { object: Box::new(id), file, fields },
        status => ClusterError::Refused { object: Box::new(id), file, status, message: answer.message() },
    }
}

/// Returns the fields of other owners, and the server's message about each.
fn field_conflicts(answer: &Answer) -> Vec<(String, String)> {
    list(&answer.body, "/details/causes")
        .iter()
        .filter(|cause| text(cause, "/reason") == "FieldManagerConflict")
        .map(|cause| (text(cause, "/field").to_owned(), text(cause, "/message").to_owned()))
        .collect()
}
