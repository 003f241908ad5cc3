//! Whole sets: planned, installed layer by layer, rolled back, uninstalled.

pub(super) mod constraint;
pub(super) mod failure;
pub(super) mod forecast;
mod installer;
pub(super) mod ledger;
pub(super) mod plan;
pub(super) mod planned_removal;
pub(super) mod reach;
pub(super) mod report;
pub(super) mod rollback;
pub(super) mod uninstall;
