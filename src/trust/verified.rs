//! The mark of a check that was passed.

use std::ops::Deref;

/// A value that a signature, or a policy that asks for none, stands for.
///
/// Only `trust` makes one, so a function that takes a `Verified<T>` cannot be called before the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// Marks a value as checked. Stays within `trust`.
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value, without its mark.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
