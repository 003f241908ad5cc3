//! Who signed what, and whether that is who must have.
//!
//! Keys always come from the operator. What a registry or a bundle carries is evidence to be judged, never a key to be trusted.
//! What a check produces is a [`Verified`], and nothing outside this module can make one.
//!
//! Threats, each with the test that meets it:
//! - a key file that asks for gigabytes or for hours: `hostile_scrypt_parameters_are_refused`;
//! - a public key of another kind, which a lenient reader would take: `other_public_keys_are_refused_by_name`;
//! - a bundle signature over other bytes, by another key, empty, or followed by something: `bad_bundle_signatures_are_refused`;
//! - a byte changed anywhere in the signature slot, its padding included: `every_flipped_byte_of_a_slot_is_refused`,
//!   `a_flipped_byte_of_a_keyless_slot_is_refused`;
//! - one who signs a bundle twice to stand for two: `so_many_distinct_keys_have_to_have_signed`,
//!   `one_signer_counts_once_and_two_count_as_two`;
//! - a threshold that nothing can meet, or everything: `a_threshold_that_cannot_be_met_is_refused`;
//! - a bad signature of a bundle beside a good one: `a_bad_slot_refuses_the_bundle_whatever_the_others_hold`;
//! - a stranger's signature of a bundle that blocks a good one: `a_strangers_slot_beside_a_good_one_is_set_aside`;
//! - the signature of another image, copied to this one: `a_signature_of_another_image_is_refused`;
//! - an attestation of the same signer passed off as a signature: `an_attestation_is_not_a_signature`;
//! - a bad signature hidden behind a good one in the other form: `a_bad_signature_beside_a_good_one_is_refused`;
//! - a stranger's signature or attestation that blocks a good one: `a_strangers_signature_is_set_aside`.
//! - everything that can be wrong with certificates, logs and timestamps: see `sigstore/keyless.rs`.
//!
//! Rooms, lowest first: `verified` and `keys`; `sigstore`; `image` and `bundle`.

mod bundle;
mod image;
mod keys;
mod sigstore;
mod verified;

pub use bundle::claimed::{Claimed, SetAside};
pub use bundle::decide::{SignedBytes, verify_signatures};
pub use bundle::error::BundleSignatureError;
pub use bundle::refusal::BundleRefusal;
pub use bundle::signature::{BundleSignature, SLOT, is_empty};
pub use bundle::signers::{BundleSigners, BundleSignersError};
pub use image::cosign::{accept_unsigned, verify_attestation, verify_image};
pub use image::error::TrustError;
pub use image::fault::Fault;
pub use image::image_signature::{SignatureImage, sign_image};
pub use image::judge::{Judged, PolicyError, judge, judge_carried};
pub use image::provenance::Provenance;
pub use image::requirement::Requirement;
pub use keys::key_file::KeyFileError;
pub use keys::public_key::{PublicKey, PublicKeyError};
pub use keys::signer::SigningKey;
pub use sigstore::keyless::fault::KeylessFault;
pub use sigstore::signatory::Signatory;
pub use sigstore::trusted_root::{TrustedRoot, TrustedRootError, embedded_is_old};
pub use verified::Verified;
