//! Keys: how they are stored, and what they sign.

pub(super) mod encoding;
pub(super) mod key_file;
pub(super) mod public_key;
pub(super) mod signer;
