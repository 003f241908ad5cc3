//! The policy `key` against signatures that the real cosign made, in both of its forms.

mod accepted;
mod refused;
mod shipped;
mod signed;
