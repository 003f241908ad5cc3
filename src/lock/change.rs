//! What is different between two locks.

use std::fmt;

use serde::Serialize;

use super::{Lock, LockedFile, LockedItem, SignatureSeen};

/// One thing that is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The reference, the file's name, or `targets`.
    pub name: String,
    /// What is different about it.
    pub what: What,
    /// What it was, where it was something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What it is now, where it is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What can be different about an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The platforms of the lock.
    Targets,
    /// The entry is new.
    New,
    /// The entry is gone.
    Gone,
    /// It has another digest.
    Digest,
    /// Somebody else signed it.
    Signer,
    /// The same signer, but the signature is stored in another form.
    Form,
    /// Other attestations, or by somebody else.
    Attestations,
    /// The same signer in the same form, but another entry of the log.
    SignedAgain,
    /// Another reason why it is accepted unsigned.
    Reason,
    /// Other platforms of it travel.
    Platforms,
    /// It has another size.
    Size,
    /// A file comes from another address.
    Address,
    /// The bundle has another name or version.
    Version,
}

impl Change {
    fn new(name: &str, what: What, from: Option<String>, to: Option<String>) -> Self {
        Self { name: name.to_owned(), what, from, to }
    }

    /// Returns a change between two texts, where they differ.
    #[must_use]
    pub fn between(name: &str, what: What, from: Option<&str>, to: Option<&str>) -> Option<Self> {
        (from != to).then(|| Self::new(name, what, from.map(str::to_owned), to.map(str::to_owned)))
    }

    /// Tells whether an entry came or went.
    #[must_use]
    pub fn is_growth(&self) -> bool {
        matches!(self.what, What::New | What::Gone)
    }

    /// Tells whether nothing changed that was ever trusted: the same content, vouched for by the same signer.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        matches!(self.what, What::SignedAgain | What::Reason)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::New => return write!(f, "{}: new, {}", self.name, self.to.as_deref().unwrap_or_default()),
            What::Gone => return write!(f, "{}: gone", self.name),
            What::Targets | What::Digest | What::Version => "",
            What::Signer => "signer ",
            What::Form => "form ",
            What::Attestations => "attestations ",
            What::SignedAgain => "signed again ",
            What::Reason => "reason ",
            What::Platforms => "platforms ",
            What::Size => "size ",
            What::Address => "address ",
        };
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "none".to_owned());
        write!(f, "{}: {what}{} → {}", self.name, side(&self.from), side(&self.to))
    }
}

impl Lock {
    /// Returns what is different in `newer`, in its order; what is gone comes last.
    #[must_use]
    pub fn changes(&self, newer: &Self) -> Vec<Change> {
        let targets = |lock: &Self| lock.targets.join(", ");
        let mut changes = Vec::new();
        changes.extend(differs("targets", What::Targets, targets(self), targets(newer)));
        for item in &newer.items {
            changes.extend(item_changes(self.item(&item.reference), item));
        }
        for file in &newer.files {
            changes.extend(file_changes(self.file(&file.name), file));
        }
        let items = self.items.iter().filter(|item| newer.item(&item.reference).is_none());
        let files = self.files.iter().filter(|file| newer.file(&file.name).is_none());
        let gone = |name: String, was: String| Change::new(&name, What::Gone, Some(was), None);
        changes.extend(items.map(|item| gone(item.reference.to_string(), item.digest.to_string())));
        changes.extend(files.map(|file| gone(file_name(file), file.sha256.to_string())));
        changes
    }
}

fn differs(name: &str, what: What, old: String, new: String) -> Option<Change> {
    (old != new).then(|| Change::new(name, what, Some(old), Some(new)))
}

fn file_name(file: &LockedFile) -> String {
    format!("file {}", file.name)
}

fn item_changes(old: Option<&LockedItem>, new: &LockedItem) -> Vec<Change> {
    let name = new.reference.to_string();
    let Some(old) = old else {
        return vec![Change::new(&name, What::New, None, Some(new.digest.to_string()))];
    };
    let digest = differs(&name, What::Digest, old.digest.to_string(), new.digest.to_string());
    let moved = digest.is_some();
    let signatures = signature_change(&name, &old.signatures, &new.signatures, moved);
    let further = [
        signatures,
        differs(&name, What::Attestations, attestations(old), attestations(new)),
        differs(&name, What::Platforms, old.platforms.join(", "), new.platforms.join(", ")),
        // Of another digest, another size is no news.
        differs(&name, What::Size, old.size.to_string(), new.size.to_string()).filter(|_| !moved),
    ];
    digest.into_iter().chain(further.into_iter().flatten()).collect()
}

fn signature_change(name: &str, old: &[SignatureSeen], new: &[SignatureSeen], moved: bool) -> Option<Change> {
    let list = |seen: &[SignatureSeen], show: fn(&SignatureSeen) -> String| {
        seen.iter().map(show).collect::<Vec<_>>().join(" and ")
    };
    let both = |what, show| differs(name, what, list(old, show), list(new, show));
    both(What::Signer, SignatureSeen::by)
        .or_else(|| both(What::Form, |seen| seen.form().to_owned()))
        .or_else(|| both(What::Reason, reason))
        .or_else(|| both(What::SignedAgain, logged).filter(|_| !moved))
}

fn reason(seen: &SignatureSeen) -> String {
    match seen {
        SignatureSeen::Unsigned { reason } => format!("`{reason}`"),
        _ => String::new(),
    }
}

fn logged(seen: &SignatureSeen) -> String {
    match seen.signer() {
        Some(super::Signer::Certificate(signer)) => {
            format!("log entry {} of {}", signer.log_index, signer.time)
        }
        _ => String::new(),
    }
}

fn attestations(item: &LockedItem) -> String {
    let seen = item.attestations.iter();
    let shown: Vec<_> =
        seen.map(|seen| format!("{} by {}", seen.predicate_type, seen.signature.by())).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(" and ") }
}

fn file_changes(old: Option<&LockedFile>, new: &LockedFile) -> Vec<Change> {
    let name = file_name(new);
    let Some(old) = old else {
        return vec![Change::new(&name, What::New, None, Some(new.sha256.to_string()))];
    };
    let changes = [
        differs(&name, What::Digest, old.sha256.to_string(), new.sha256.to_string()),
        differs(&name, What::Address, old.url.clone(), new.url.clone()),
    ];
    changes.into_iter().flatten().collect()
}
