//! What the private Sigstore of the stand-in makes, judged by the real cosign.

mod blob_peer;
mod cosign_accepts;
mod cosign_refuses;
mod peer;
