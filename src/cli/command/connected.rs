//! Commands of the connected side, which make bundles.

pub mod build;
pub mod diff;
pub mod keygen;
pub mod lock;
pub mod sign;
