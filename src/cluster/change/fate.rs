//! Decides what happens to an object that is to be removed: once for the plan and for the removal itself.

use serde::Serialize;
use serde_json::Value;

use super::foreign::{Outgoing, foreign_instance, foreign_object};
use super::found::Found;
use super::options::WithContents;
use crate::cluster::api::client::Api;
use crate::cluster::api::error::ClusterError;
use crate::cluster::objects::rank::Rank;
use crate::cluster::record::inventory::Entry;

/// What happens to an object that is to be removed, or what happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "action")]
pub enum Fate {
    /// It is deleted.
    Delete,
    /// It existed before the install: only our fields on it are given up.
    Release,
    /// It stays.
    Keep {
        /// Why.
        reason: String,
        /// Whether it is ours, and can be deleted once it holds nothing foreign.
        #[serde(skip)]
        held: bool,
    },
    /// Nothing of ours exists any more.
    Forget,
}

impl Fate {
    /// Keeps an object that is not ours.
    pub(super) fn foreign(reason: impl Into<String>) -> Self {
        Self::Keep { reason: reason.into(), held: false }
    }

    /// Deletes an object of ours, unless something foreign holds it.
    pub(in crate::cluster) fn unless_held(holder: Option<String>) -> Self {
        holder.map_or(Self::Delete, |reason| Self::Keep { reason, held: true })
    }
}

/// A decision, or the one question that is left before it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cluster) enum Judgement {
    Settled(Fate),
    /// It is ours: [`Fate::unless_held`] decides, by what [`holder`] finds.
    UnlessHeld,
}

/// Decides by the record and the live object; `found` is `None` if the object is gone.
pub(in crate::cluster) fn judge(entry: &Entry, found: Option<&Found>, asked: &WithContents) -> Judgement {
    let Some(found) = found else { return Judgement::Settled(Fate::Forget) };
    Judgement::Settled(match &entry.uid {
        _ if !entry.created && found.ours => Fate::Release,
        _ if !entry.created => Fate::Forget,
        Some(uid) if *uid != found.uid => Fate::foreign(RECREATED),
        None if !found.ours => Fate::foreign("someone else created it"),
        _ if asked.names(&entry.id) => Fate::Delete,
        _ => return Judgement::UnlessHeld,
    })
}

/// Why an object with our name and another uid stays.
pub(super) const RECREATED: &str = "someone else recreated it";

/// Returns what foreign would be deleted with an object; `outgoing` does not count.
pub(in crate::cluster) async fn holder(
    api: &Api,
    entry: &Entry,
    object: &Value,
    outgoing: Outgoing<'_>,
) -> Result<Option<String>, ClusterError> {
    match entry.rank() {
        Rank::Namespace => {
            let foreign = foreign_object(api, &entry.id.name, outgoing).await?;
            Ok(foreign.map(|object| holds_objects(&object)))
        }
        Rank::Definition | Rank::Template => {
            let instance = foreign_instance(api, object, false, outgoing).await?;
            Ok(instance.map(|instance| holds_instances(&instance)))
        }
        _ if entry.id.kind == "PersistentVolumeClaim" => Ok(Some("it holds data".into())),
        _ => Ok(None),
    }
}

/// Says that a namespace stays because of a foreign object.
pub(in crate::cluster) fn holds_objects(object: &str) -> String {
    format!("it still contains foreign objects: {object}")
}

/// Says that a definition stays because of a foreign instance.
pub(super) fn holds_instances(instance: &str) -> String {
    format!("it still has foreign instances: {instance}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::objects::id::ObjectId;

    #[test]
    fn only_objects_that_this_tool_created_and_that_are_the_same_are_deleted() {
        let found = |uid: &str, ours: bool| {
            let managed = if ours { json!([{"manager": "bundle", "operation": "Apply"}]) } else { json!([]) };
            Found::of(&json!({"metadata": {"uid": uid, "managedFields": managed}}))
        };
        let entry = |uid: Option<&str>, created| Entry {
            id: ObjectId::namespace("a"),
            uid: uid.map(str::to_owned),
            created,
            applied: None,
        };
        let settled = Judgement::Settled;
        for (entry, found, expected) in [
            (entry(Some("1"), true), None, settled(Fate::Forget)),
            (entry(Some("1"), true), Some(found("1", true)), Judgement::UnlessHeld),
            (entry(Some("1"), true), Some(found("1", false)), Judgement::UnlessHeld),
            (
                entry(Some("1"), true),
                Some(found("2", true)),
                settled(Fate::foreign("someone else recreated it")),
            ),
            (entry(None, true), Some(found("1", true)), Judgement::UnlessHeld),
            (entry(None, true), Some(found("1", false)), settled(Fate::foreign("someone else created it"))),
            (entry(Some("1"), false), Some(found("1", true)), settled(Fate::Release)),
            (entry(Some("1"), false), Some(found("1", false)), settled(Fate::Forget)),
        ] {
            assert_eq!(judge(&entry, found.as_ref(), &WithContents::default()), expected, "{entry:?}");
        }
        let named = WithContents(vec!["Namespace/a".into()]);
        assert_eq!(judge(&entry(Some("1"), true), Some(&found("1", true)), &named), settled(Fate::Delete));
        let other = Some(&found("2", true));
        assert_ne!(judge(&entry(Some("1"), true), other, &named), settled(Fate::Delete));
    }
}
