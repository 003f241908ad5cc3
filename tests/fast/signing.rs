//! The bundle's own signatures: by keys, by identities, by several; made here, or by cosign elsewhere.
//!
//! Every refusal is compared with its exact words. What a slot must not hold, whatever the signer, has its tests beside
//! `trust::bundle_signature`; here are certificates, logs, thresholds and the commands.

mod accepted;
mod attach;
mod flipped;
mod refused;
mod sign;
