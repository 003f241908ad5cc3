//! Why an image reference in a layer matches nothing in the bundle.

use crate::reference::InvalidReference;

/// A reference that leads to nothing of the bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnresolvedImage {
    /// It is no reference at all.
    #[error(transparent)]
    Invalid(#[from] InvalidReference),
    /// The bundle does not carry it.
    #[error("the bundle does not carry `{image}`{}", others(.carried))]
    NotCarried {
        /// The reference with every default written out; without a tag if any would do.
        image: String,
        /// What the bundle carries of the same name.
        carried: Vec<String>,
    },
    /// Several could be meant.
    #[error("`{image}` has no tag, and the bundle carries `{}`", .carried.join("`, `"))]
    Ambiguous {
        /// The name.
        image: String,
        /// What the bundle carries of that name.
        carried: Vec<String>,
    },
    /// The bundle carries another image under this name.
    #[error("`{image}` is not the image that the bundle carries: expected digest {}", .carried.join(" or "))]
    OtherDigest {
        /// The reference with every default written out.
        image: String,
        /// The digests that the bundle carries under this name.
        carried: Vec<String>,
    },
    /// The field holds something else than a text.
    #[error("expected an image reference, found `{found}`")]
    NotText {
        /// What it holds.
        found: String,
    },
}

fn others(carried: &[String]) -> String {
    if carried.is_empty() { String::new() } else { format!(", only `{}`", carried.join("`, `")) }
}
