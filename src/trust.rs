//! Who signed what, and whether that is who must have.
//!
//!
//! Threats, each with the test that meets it:
//! - a key file that asks for gigabytes or for hours: `hostile_scrypt_parameters_are_refused`;
//! - a public key of another kind, which a lenient reader would take: `other_public_keys_are_refused_by_name`.
//!
//! Not looked at yet: transparency logs, certificates and timestamps.

pub mod key_file;
pub mod public_key;
pub mod signer;

mod encoding;
mod pem;

pub use key_file::KeyFileError;
pub use public_key::{PublicKey, PublicKeyError};
pub use signer::SigningKey;
