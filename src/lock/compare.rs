//! Compares two locks.

use super::{Change, Lock, LockedCompose, LockedFile, LockedItem, SignatureSeen, Signer, What};

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
        for composed in &newer.composed {
            changes.extend(composed_changes(self.composed(&composed.reference), composed));
        }
        for file in &newer.files {
            changes.extend(file_changes(self.file(&file.name), file));
        }
        let items = self.items.iter().filter(|item| newer.item(&item.reference).is_none());
        let composed = self.composed.iter().filter(|composed| newer.composed(&composed.reference).is_none());
        let files = self.files.iter().filter(|file| newer.file(&file.name).is_none());
        let gone = |name: String, was: String| Change::new(&name, What::Gone, Some(was), None);
        changes.extend(items.map(|item| gone(item.reference.to_string(), item.digest.to_string())));
        changes.extend(composed.map(|image| gone(image.reference.to_string(), image.digest.to_string())));
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

fn composed_changes(old: Option<&LockedCompose>, new: &LockedCompose) -> Vec<Change> {
    let name = new.reference.to_string();
    let Some(old) = old else {
        return vec![Change::new(&name, What::New, None, Some(new.to_string()))];
    };
    let changes = [
        differs(&name, What::Composed, old.digest.to_string(), new.digest.to_string()),
        differs(&name, What::MadeOf, old.made_of(), new.made_of()),
    ];
    changes.into_iter().flatten().collect()
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
        Some(Signer::Certificate(signer)) => {
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

fn checksums(file: &LockedFile) -> String {
    let seen = file.checksums.as_ref();
    seen.map_or_else(|| "none".to_owned(), |seen| format!("{} ({})", seen.url, seen.sha256))
}

fn file_changes(old: Option<&LockedFile>, new: &LockedFile) -> Vec<Change> {
    let name = file_name(new);
    let Some(old) = old else {
        return vec![Change::new(&name, What::New, None, Some(new.sha256.to_string()))];
    };
    let changes = [
        differs(&name, What::Digest, old.sha256.to_string(), new.sha256.to_string()),
        differs(&name, What::Address, old.url.clone(), new.url.clone()),
        differs(&name, What::Checksums, checksums(old), checksums(new)),
    ];
    changes.into_iter().flatten().collect()
}
