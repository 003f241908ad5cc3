//! Changes of single objects: applies one, removes one, and decides about each before it is sent.

pub(super) mod apply;
pub(super) mod catalogue;
pub(super) mod deletion;
pub(super) mod fate;
pub(super) mod foreign;
pub(super) mod found;
pub(super) mod namespace;
pub(super) mod options;
pub(super) mod prepare;
pub(super) mod refusal;
pub(super) mod remove;
