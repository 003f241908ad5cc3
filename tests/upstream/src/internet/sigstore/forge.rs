//! Places where a test changes what is made, between one step and the next.
//!
//! Every step takes what the steps before it left, changed or not: a change before a signature is signed for, a change
//! after it breaks the signature. The steps are taken in the order of the list below.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::leaf::Leaf;
use super::log::{Admission, Entry};
use super::said::Signed;
use super::timestamp::Stamp;

type Change<T> = Vec<Arc<dyn Fn(&mut T) + Send + Sync>>;

macro_rules! forge {
    ($($(#[doc = $doc:literal])* $name:ident, $made:ident: $type:ty;)*) => {
        /// What a test changes; nothing by default.
        #[derive(Clone, Default)]
        pub struct Forge {
            $($name: Change<$type>,)*
        }

        impl Forge {
            $(
                $(#[doc = $doc])*
                #[must_use]
                pub fn $name(mut self, change: impl Fn(&mut $type) + Send + Sync + 'static) -> Self {
                    self.$name.push(Arc::new(change));
                    self
                }

                pub(super) fn $made(&self, mut value: $type) -> $type {
                    self.$name.iter().for_each(|change| change(&mut value));
                    value
                }
            )*
        }
    };
}

forge! {
    /// Changes the certificate before its timestamps are made and it is issued.
    leaf, made_leaf: Leaf;
    /// Changes the certificate's bytes after that.
    certificate, made_certificate: Vec<u8>;
    /// Changes the claims about the subject, before it is signed: a payload, or a statement.
    said, made_said: Value;
    /// Changes what was signed, or the signatures.
    signed, made_signed: Signed;
    /// Changes the entry that the log gets.
    body, made_body: Value;
    /// Changes how the log takes the entry in, before it signs for it.
    admission, made_admission: Admission;
    /// Changes the log's answer.
    entry, made_entry: Entry;
    /// Changes what the timestamp authority signs; an empty list leaves the timestamps out.
    stamps, made_stamps: Vec<Stamp>;
    /// Changes what is stored: the Sigstore bundle, or the annotations of a tag's layer.
    stored, made_stored: Value;
    /// Changes the manifest.
    manifest, made_manifest: Value;
}

impl fmt::Debug for Forge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Forge")
    }
}
