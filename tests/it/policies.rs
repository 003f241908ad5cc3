//! The policy `key` against signatures that the real cosign made, in both of its forms.
//!
//! Where cosign or a registry is not there, a test says so and passes, except on CI.

mod accepted;
mod keyless;
mod refused;
mod shipped;
mod signed;
