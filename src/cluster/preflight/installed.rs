//! The installed revision against the new one.

use std::cmp::Ordering;

use super::version;
use crate::cluster::record::inventory::{Inventory, Revision};
use crate::report::Finding;

/// Compares the revisions. Another bundle is an error: all of its objects that the new one lacks would be removed.
pub(super) fn compare(installed: Option<&Inventory>, wanted: &Revision) -> Vec<Finding> {
    let Some(installed) = installed else { return Vec::new() };
    let found = &installed.revision;
    if found.bundle != wanted.bundle {
        return vec![another(found, wanted)];
    }
    let unfinished = (!installed.complete).then(|| {
        Finding::note(
            "installed",
            format!(
                "the install of `{}` {} is incomplete: this install continues it",
                found.bundle, found.version
            ),
        )
    });
    unfinished.into_iter().chain(of_versions(found, wanted)).collect()
}

fn another(found: &Revision, wanted: &Revision) -> Finding {
    Finding::error("installed", format!("the bundle `{}` {}", found.bundle, found.version))
        .expected(format!("`{}`, or nothing: objects that are not in this bundle would be removed", wanted.bundle))
        .hint("run `bundle uninstall` first; if this is the same bundle under a new name, keep the old `metadata.name` in its spec")
}

fn of_versions(found: &Revision, wanted: &Revision) -> Option<Finding> {
    let (old, new) = (&found.version, &wanted.version);
    if found == wanted {
        return None;
    }
    Some(match version::compare(old, new) {
        _ if old == new => Finding::note("installed", format!("{old} with different content: {} becomes {}", found.digest, wanted.digest)),
        Some(Ordering::Less) => Finding::note("installed", format!("{old}: this is an upgrade to {new}")),
        Some(Ordering::Greater) => Finding::warning("installed", format!("{old}: this is a downgrade to {new}"))
            .expected(format!("{new} or older"))
            .hint("older definitions may not read objects that newer ones stored: `bundle diff` of the two shows the changes"),
        _ => Finding::note("installed", format!("{old} becomes {new}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_install_is_reported() {
        let revision = |bundle: &str, version: &str, digest: &str| Revision {
            bundle: bundle.into(),
            version: version.into(),
            digest: digest.into(),
        };
        let wanted = revision("homelab", "2026.11.0", "sha256:1");
        let mut lines = Vec::new();
        for (installed, complete) in [
            (wanted.clone(), true),
            (wanted.clone(), false),
            (revision("homelab", "2026.11.0", "sha256:2"), true),
            (revision("homelab", "2026.9.3", "sha256:2"), true),
            (revision("homelab", "2026.12.0", "sha256:2"), false),
            (revision("homelab", "nightly", "sha256:2"), true),
            (revision("lumen", "2026.11.0", "sha256:1"), true),
        ] {
            let inventory = Inventory { revision: installed, complete, ..Inventory::default() };
            lines.extend(compare(Some(&inventory), &wanted).iter().map(ToString::to_string));
            lines.push("--".into());
        }
        insta::assert_snapshot!(lines.join("\n"), @r"
        --
        note: installed: the install of `homelab` 2026.11.0 is incomplete: this install continues it
        --
        note: installed: 2026.11.0 with different content: sha256:2 becomes sha256:1
        --
        note: installed: 2026.9.3: this is an upgrade to 2026.11.0
        --
        note: installed: the install of `homelab` 2026.12.0 is incomplete: this install continues it
        warning: installed: 2026.12.0: this is a downgrade to 2026.11.0; expected 2026.11.0 or older
          hint: older definitions may not read objects that newer ones stored: `bundle diff` of the two shows the changes
        --
        note: installed: nightly becomes 2026.11.0
        --
        error: installed: the bundle `lumen` 2026.11.0; expected `homelab`, or nothing: objects that are not in this bundle would be removed
          hint: run `bundle uninstall` first; if this is the same bundle under a new name, keep the old `metadata.name` in its spec
        --
        ");
        assert_eq!(compare(None, &wanted), []);
    }
}
