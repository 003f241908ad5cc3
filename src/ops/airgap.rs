//! Commands of the airgap side: they read a bundle, and reach the site's registry and cluster.

pub(super) mod enforce;
pub(super) mod install;
pub(super) mod open;
pub(super) mod preflight;
pub(super) mod probe;
pub(super) mod publish;
pub(super) mod push;
pub(super) mod render;
pub(super) mod serve;
pub(super) mod status;
pub(super) mod target;
pub(super) mod uninstall;
pub(super) mod verify;
