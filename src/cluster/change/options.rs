//! What the operator allows a change to do.

use crate::cluster::objects::id::ObjectId;

/// How objects are applied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Takes over fields that belong to other managers.
    pub force_conflicts: bool,
    /// The objects that are deleted with their contents, once the bundle no longer has them.
    pub delete_with_contents: WithContents,
}

/// Objects to delete even if they hold foreign objects, as the operator named them: `KIND/NAME` or `KIND/NAMESPACE/NAME`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WithContents(pub Vec<String>);

impl WithContents {
    /// Tells whether the operator named an object.
    pub(in crate::cluster) fn names(&self, id: &ObjectId) -> bool {
        let title = id.to_string().replacen(' ', "/", 1);
        self.0.iter().any(|asked| asked.eq_ignore_ascii_case(&title))
    }
}
