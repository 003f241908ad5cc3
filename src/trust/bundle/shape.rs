//! The shape of what witnesses a signature, strictly: where a field could be renamed unnoticed, what it holds could be taken out.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// Log entries and timestamps. What they hold is judged elsewhere; that nothing else is there, here.
// See: sigstore/protobuf-specs, sigstore_bundle.proto, sigstore_rekor.proto
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "verificationMaterial")]
    _verification_material: Material,
}

macro_rules! shape {
    ($($name:ident { $($field:ident as $json:literal: $type:ty,)* })*) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $(#[serde(rename = $json)] $field: Option<$type>,)*
        }
    )*};
}

// The outer shape has been checked by now, so other fields of the material are none of this.
#[derive(Deserialize)]
struct Material {
    #[serde(rename = "tlogEntries")]
    _entries: Option<Vec<Entry>>,
    #[serde(rename = "timestampVerificationData")]
    _timestamps: Option<Timestamps>,
}

shape! {
    Entry {
        _index as "logIndex": IgnoredAny,
        _log as "logId": LogId,
        _kind as "kindVersion": KindVersion,
        _time as "integratedTime": IgnoredAny,
        _promise as "inclusionPromise": Promise,
        _proof as "inclusionProof": Proof,
        _body as "canonicalizedBody": IgnoredAny,
    }
    LogId { _key as "keyId": IgnoredAny, }
    KindVersion { _kind as "kind": IgnoredAny, _version as "version": IgnoredAny, }
    Promise { _timestamp as "signedEntryTimestamp": IgnoredAny, }
    Proof {
        _index as "logIndex": IgnoredAny,
        _root as "rootHash": IgnoredAny,
        _size as "treeSize": IgnoredAny,
        _path as "hashes": IgnoredAny,
        _checkpoint as "checkpoint": Checkpoint,
    }
    Checkpoint { _envelope as "envelope": IgnoredAny, }
    Timestamps { _tokens as "rfc3161Timestamps": Vec<Token>, }
    Token { _token as "signedTimestamp": IgnoredAny, }
}
