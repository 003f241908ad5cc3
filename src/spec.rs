//! What people write: the bundle spec and the site.

pub mod site;

pub use site::{Enforcement, ImageMode, Platform, PodSecurity, Site};
