//! What can be wrong with a keyless signature.

use crate::trust::keys::encoding::excerpt;

/// A keyless signature does not prove what it has to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeylessFault {
    /// The certificate cannot be read.
    #[error("the signing certificate cannot be read: {reason}")]
    Certificate {
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate names no subject, or several, or one that is neither a URI nor an address.
    #[error("expected 1 URI or e-mail address as the certificate's subject, found {found}")]
    Subjects {
        /// What it names.
        found: String,
    },
    /// The certificate names no issuer of the identity.
    #[error("the certificate names no issuer for its subject")]
    NoIssuer,
    /// The certificate's two extensions for the issuer contradict each other.
    #[error("expected the issuer `{expected}` in both of the certificate's extensions, found `{found}`")]
    OtherIssuer {
        /// The newer one.
        expected: String,
        /// The older one.
        found: String,
    },
    /// The certificate is that of an authority.
    #[error("the signing certificate is that of an authority (`CA:true`)")]
    Authority,
    /// The certificate is not for signing code.
    #[error("expected the certificate's key usage `codeSigning`, found {found}")]
    NotForSigning {
        /// Its extended key usages.
        found: String,
    },
    /// The certificate is for another identity. Said only where a single bundle is to be by a single identity.
    #[error("expected a certificate for {expected}, found one for {found}")]
    OtherIdentity {
        /// The identity that has to sign.
        expected: String,
        /// Who the certificate is for.
        found: String,
    },
    /// The certificate does not lead to an authority of the trusted root.
    #[error("the signing certificate is not of an authority of the trusted root: {reason}")]
    Chain {
        /// What is wrong with it.
        reason: String,
    },
    /// The trusted root has no authority for this time.
    #[error("no certificate authority of the trusted root was valid at {time}")]
    NoAuthority {
        /// The proven time.
        time: String,
    },
    /// The signature was made before the certificate began to be valid.
    #[error("the certificate is valid from {not_before}, but the signature is of {time}")]
    TooEarly {
        /// The proven time.
        time: String,
        /// When the certificate begins.
        not_before: String,
    },
    /// The signature was made after the certificate had expired.
    #[error("the certificate expired at {not_after}, but the signature is of {time}")]
    Expired {
        /// The proven time.
        time: String,
        /// When the certificate ends.
        not_after: String,
    },
    /// The certificate was not given to a certificate log.
    #[error("the certificate has no signed timestamp (SCT) of a certificate log")]
    NoSct,
    /// The certificate log's signature is wrong, or of a log that is not trusted.
    #[error("the certificate's signed timestamp (SCT) is wrong: {reason}")]
    Sct {
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate log saw the certificate at a time when it was not valid.
    #[error("the certificate is valid from {not_before} to {not_after}, but its SCT is of {time}")]
    SctTime {
        /// The time of the SCT.
        time: String,
        /// When the certificate begins.
        not_before: String,
        /// When the certificate ends.
        not_after: String,
    },
    /// There is no log entry, or more than anybody makes.
    #[error("expected 1 to 8 log entries, found {found}")]
    Entries {
        /// How many there are.
        found: usize,
    },
    /// The same log entry is there twice.
    #[error("the entry {index} of the log `{log}` is there twice")]
    EntryTwice {
        /// The log.
        log: String,
        /// Its index.
        index: u64,
    },
    /// The log is not in the trusted root.
    #[error("the log `{log}` is not in the trusted root")]
    UnknownLog {
        /// The log.
        log: String,
    },
    /// The log's signature over entry and time is missing.
    #[error("the log entry has no promise (SET), so nothing proves its time")]
    NoPromise,
    /// The log's signature over entry and time is wrong.
    #[error("the log entry's promise (SET) is wrong: {reason}")]
    Promise {
        /// What is wrong with it.
        reason: String,
    },
    /// The time is missing.
    #[error("the log entry has no `integratedTime`")]
    NoTime,
    /// An entry that has no time of its own has one.
    #[error("expected no `{field}` in an entry of Rekor v2")]
    NotOfV2 {
        /// The field.
        field: &'static str,
    },
    /// The time is in the future.
    #[error("the log entry is from the future")]
    Future,
    /// The inclusion proof is missing.
    #[error("the log entry has no inclusion proof")]
    NoProof,
    /// The inclusion proof is wrong.
    #[error("the log entry's inclusion proof is wrong: {reason}")]
    Proof {
        /// What is wrong with it.
        reason: String,
    },
    /// The checkpoint is missing.
    #[error("the log entry's inclusion proof has no checkpoint")]
    NoCheckpoint,
    /// The checkpoint is of another log, or of another version of Rekor.
    #[error("expected a checkpoint of `{expected}`, found one of `{found}`")]
    CheckpointOrigin {
        /// The first line that is due.
        expected: String,
        /// The first line.
        found: String,
    },
    /// The checkpoint is of another size than the proof.
    #[error("expected a checkpoint over {expected} entries, found one over {found}")]
    CheckpointSize {
        /// The size in the proof.
        expected: u64,
        /// The size in the checkpoint.
        found: u64,
    },
    /// The checkpoint is of another tree than the proof.
    #[error("expected a checkpoint over the tree `{expected}`, found one over `{found}`")]
    CheckpointRoot {
        /// The root in the proof.
        expected: String,
        /// The root in the checkpoint.
        found: String,
    },
    /// The checkpoint is not signed by the log that the entry names.
    #[error("the checkpoint is not signed by the log `{log}` in the name of `{name}`")]
    CheckpointSignature {
        /// The log.
        log: String,
        /// The name that the signature has to bear.
        name: String,
    },
    /// The checkpoint is wrong in another way.
    #[error("the log entry's checkpoint is wrong: {reason}")]
    Checkpoint {
        /// What is wrong with it.
        reason: String,
    },
    /// The log entry's body is of another kind than the bundle claims.
    #[error("expected a log entry of kind `{expected}`, found `{found}`")]
    EntryKind {
        /// Kind and version in the bundle.
        expected: String,
        /// Kind and version in the body.
        found: String,
    },
    /// The log entry cannot be read.
    #[error("the log entry cannot be read: {reason}")]
    EntryMalformed {
        /// What is wrong with it.
        reason: String,
    },
    /// The log entry is of something else.
    #[error("the log entry is not of this signature: {reason}")]
    OtherEntry {
        /// What differs.
        reason: String,
    },
    /// A timestamp is wrong.
    #[error("the timestamp (RFC 3161) is wrong: {reason}")]
    Timestamp {
        /// What is wrong with it.
        reason: String,
    },
    /// A timestamp is of a time at which its authority was not trusted.
    #[error("the timestamp (RFC 3161) is of {time}, when its authority was not valid")]
    TimestampTime {
        /// The time.
        time: String,
    },
    /// Nothing proves the time of the signature.
    #[error("nothing proves the time of the signature: an entry of Rekor v2 needs a timestamp (RFC 3161)")]
    NoTimestamp,
    /// The signature is wrong.
    #[error("the signature was not made by the certificate's key over these bytes")]
    Signature,
    /// The signature is of something else.
    #[error("the signature, or its log entry, is for something else: {reason}")]
    OtherArtifact {
        /// What differs.
        reason: String,
    },
    /// The bundle cannot be read.
    #[error("the bundle cannot be read: {reason}")]
    Bundle {
        /// What is wrong with it.
        reason: String,
    },
    /// The trusted root lacks something.
    #[error("the trusted root cannot be used: {reason}")]
    TrustedRoot {
        /// What is wrong with it.
        reason: String,
    },
    /// Some check was left out. It never is.
    #[error("the signature was not verified completely")]
    Incomplete,
}

impl KeylessFault {
    /// Returns what to add if a certificate names no subject, because it says too little or too much. Bytes that are no certificate
    /// at all need no comment.
    pub(crate) fn of_no_subject(&self) -> String {
        match self {
            Self::Certificate { .. } => String::new(),
            other => format!(": {other}"),
        }
    }

    /// Tells whether another trusted root could make it good: this one does not know the log or the authority.
    pub(crate) fn is_of_another_root(&self) -> bool {
        matches!(self, Self::UnknownLog { .. } | Self::Chain { .. } | Self::NoAuthority { .. })
    }

    /// Wraps what a reader says of a bundle.
    pub(crate) fn bundle(reason: &str) -> Self {
        Self::Bundle { reason: excerpt(reason) }
    }
}
