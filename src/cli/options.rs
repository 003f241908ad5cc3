//! Groups of options that several commands share, each under its own heading of the help.

mod bundle;
mod cluster;
mod network;
mod registry;
mod signers;
mod signing_key;
mod site;
mod size;
mod target;
mod trust;
mod upstream;

pub use bundle::BundleOptions;
pub use cluster::{ClusterOptions, ContentsOptions};
pub use network::NetworkOptions;
pub use registry::{PathOptions, RegistryAccessOptions, RegistryOptions};
pub use signing_key::read_signing_key;
pub use site::SiteOptions;
pub use size::parse as parse_size;
pub use target::TargetOptions;
pub use trust::TrustedRootOptions;
pub use upstream::UpstreamOptions;
