//! The judgement on one signature.

use crate::lock::SignatureSeen;
use crate::trust::sigstore::signatory::Signatory;

/// The judgement on a signature that is not bad.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement<'a> {
    /// The image is signed, by these of whom it is asked.
    Signed { seen: SignatureSeen, by: Vec<Signatory<'a>> },
    /// It has nothing to do with the requirement; the text says what it is.
    SetAside(String),
}
