//! Commands of the airgap side, which take a bundle or look after what it installed.

pub mod enforce;
pub mod extract;
pub mod inspect;
pub mod install;
pub mod probe;
pub mod push;
pub mod render;
pub mod serve;
pub mod status;
pub mod uninstall;
pub mod verify;
