//! The signatures of a bundle: each is a Sigstore bundle over the exact bytes of its index, in a slot of fixed size.
//!
//! The public `cosign verify-blob --bundle` reads the same bytes. The slot is filled up with spaces, so signing again moves nothing
//! else in the file. There are several slots, and each is judged by itself:
//! - a used slot has to hold one Sigstore bundle over these very bytes, with nothing but spaces behind it;
//! - a signature that names a given key has to be made by it, and one made by a given key has to name it;
//! - a certificate for a given identity has to prove it: see [`keyless`](super::sigstore::keyless). So does one for another identity, if the trusted
//!   root knows the log that it names;
//! - log entries and timestamps beside a key's signature have to hold, though none is asked for;
//! - a signature by another signer is set aside, and named. It can neither help nor harm.
//!
//! Refused, each with its own error: see [`BundleSignatureError`](error::BundleSignatureError).

pub(super) mod claimed;
pub(super) mod decide;
pub(super) mod error;
pub(super) mod refusal;
pub(super) mod signature;
pub(super) mod signers;

mod judge;
mod shape;

#[cfg(test)]
mod tests;
