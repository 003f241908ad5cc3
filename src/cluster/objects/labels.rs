//! The names by which objects and their fields are recognised as ours.

/// The field manager of every write.
pub(in crate::cluster) const FIELD_MANAGER: &str = "bundle";
/// The label that names the tool that manages an object.
pub(in crate::cluster) const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The label that names the ApplySet of an object.
// See: KEP-3659
pub(in crate::cluster) const PART_OF: &str = "applyset.kubernetes.io/part-of";
