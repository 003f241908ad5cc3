//! Policies for images: what identities they name, and what is refused. With keys that the real cosign uses: `peers`.

mod keyless;
mod shipped;
mod unsigned;
