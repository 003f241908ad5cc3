//! Moves constraints between `warn`, `dryrun` and `deny`; not to `deny` while the audit finds what would be refused.
//!
//! Only constraints that the installed bundle brought are touched, and of them only the action: the same fields are
//! applied by the same manager, so that the next install finds nothing in its way, and sets what the site file says.

mod error;
mod interval;

use std::time::Duration;

use serde_json::Value;

use super::Cluster;
use super::apply::Found;
use super::caller::Caller;
use super::constraint::Constraint;
use super::error::ClusterError;
use super::inventory::{Entry, Inventory};
use super::lease::Lease;
use super::object::ObjectId;
use super::order::{CONSTRAINT_GROUP, Rank};
use super::owned::applied;
use super::pace::{Pace, together};
use super::prepare::PreparedObject;
use super::wait::Wait;
use crate::rendered::Condition;
use crate::report::Reporter;
use crate::spec::Enforcement;

pub use error::EnforceError;

/// How constraints are moved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnforceOptions {
    /// What is to be done with what breaks a policy.
    pub action: Enforcement,
    /// The names of the constraints; empty: all that the installed bundle brought.
    pub policies: Vec<String>,
    /// Whether `deny` is set although the audit finds violations, or has not looked yet.
    pub despite_violations: bool,
    /// Whether the field is taken over from another manager.
    pub force_conflicts: bool,
}

/// What became of the constraints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct EnforceReport {
    /// What was asked for.
    pub action: Enforcement,
    /// The constraints, each as it was before, that were moved.
    pub moved: Vec<Constraint>,
    /// Those that did this already.
    pub kept: Vec<Constraint>,
    /// Those that stand in the way of `deny`. Where there is one, none was moved.
    pub refused: Vec<Constraint>,
    /// How often Gatekeeper audits.
    pub audit_every: Duration,
}

/// A constraint, and all that the API server has of it.
struct Live {
    constraint: Constraint,
    object: Value,
}

impl Cluster {
    /// Moves constraints, and waits until every pod of Gatekeeper has taken that up.
    ///
    /// # Errors
    ///
    /// When nothing is installed, a name is none of ours, a constraint is gone, its action belongs to somebody else, or it is not
    /// enforced in time. That the audit stands against `deny` is no error: it is in the report.
    pub async fn enforce(
        &self,
        options: &EnforceOptions,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<EnforceReport, ClusterError> {
        let inventory = self.inventory().await?.ok_or_else(|| self.nothing_installed())?;
        let entries = selected(&inventory, &options.policies).map_err(ClusterError::Enforce)?;
        let live = together(entries.iter().map(|entry| self.live(entry))).await?;
        let mut report = sorted(&live, options);
        if !report.refused.is_empty() {
            report.audit_every = interval::of(&self.api, &inventory).await?;
            return Ok(report);
        }
        let leaving: Vec<_> = live.iter().filter(|one| report.moved.contains(&one.constraint)).collect();
        if !leaving.is_empty() {
            let lease = Lease::new(&self.api, caller, reporter);
            lease.during(self.move_all(&lease, &leaving, options, reporter)).await?;
        }
        self.until_enforced(&inventory, &live, reporter).await?;
        Ok(report)
    }

    async fn live(&self, entry: &Entry) -> Result<Live, ClusterError> {
        let object = self.api.get(&entry.id.path()).await?;
        let ours = |object: &Value| {
            let found = Found::of(object);
            found.ours && !found.deleting && entry.uid.as_ref() == Some(&found.uid)
        };
        match object.filter(ours) {
            Some(object) => Ok(Live { constraint: Constraint::of(&entry.id, &object), object }),
            None => Err(gone(&entry.id)),
        }
    }

    async fn move_all(
        &self,
        lease: &Lease<'_>,
        leaving: &[&Live],
        options: &EnforceOptions,
        reporter: &dyn Reporter,
    ) -> Result<(), ClusterError> {
        lease.take().await?;
        for one in leaving {
            self.move_one(one, options).await?;
            let (id, before) = (&one.constraint.id, &one.constraint.action);
            reporter.step(format!("{id}: {before} -> {}", options.action.name()));
        }
        Ok(())
    }

    async fn move_one(&self, live: &Live, options: &EnforceOptions) -> Result<(), ClusterError> {
        let id = &live.constraint.id;
        let Some(mut value) = applied(id, &live.object) else {
            return Err(gone(id));
        };
        value["spec"]["enforcementAction"] = Value::from(options.action.name());
        let answer = self.api.apply(id, &value, options.force_conflicts).await?;
        match answer.is_success() {
            true => Ok(()),
            false => Err(super::apply::refusal(&prepared(id), &answer)),
        }
    }

    async fn until_enforced(
        &self,
        inventory: &Inventory,
        live: &[Live],
        reporter: &dyn Reporter,
    ) -> Result<(), ClusterError> {
        for layer in &inventory.layers {
            let ours =
                live.iter().filter(|one| layer.objects.iter().any(|entry| entry.id == one.constraint.id));
            let objects: Vec<_> = ours.map(|one| prepared(&one.constraint.id)).collect();
            let wait = Wait { api: &self.api, layer: &layer.name, reporter };
            let mut pace = Pace::within(Duration::from_secs(layer.timeout));
            wait.until(&[Condition::ConstraintsEnforced], &objects, &mut pace).await?;
        }
        Ok(())
    }

    fn nothing_installed(&self) -> ClusterError {
        ClusterError::Enforce(EnforceError::NothingInstalled { server: self.server().to_owned() })
    }
}

fn gone(id: &ObjectId) -> ClusterError {
    ClusterError::Enforce(EnforceError::Gone { object: Box::new(id.clone()) })
}

fn prepared(id: &ObjectId) -> PreparedObject<'_> {
    let (rank, value) = (Rank::Constraint, &Value::Null);
    PreparedObject { id: id.clone(), rank, file: "inventory", value, fingerprint: None }
}

/// Returns the constraints of an inventory, by name.
pub(super) fn constraints(inventory: &Inventory) -> Vec<&Entry> {
    let mut entries: Vec<_> =
        inventory.entries().filter(|entry| entry.id.group() == CONSTRAINT_GROUP).collect();
    entries.sort_by_key(|entry| (&entry.id.name, &entry.id.kind));
    entries
}

fn selected<'i>(inventory: &'i Inventory, names: &[String]) -> Result<Vec<&'i Entry>, EnforceError> {
    let mut entries = constraints(inventory);
    let known = || entries.iter().map(|entry| entry.id.name.clone()).collect();
    if let Some(name) = names.iter().find(|name| !entries.iter().any(|entry| entry.id.name == **name)) {
        return Err(EnforceError::UnknownPolicy { name: name.clone(), known: known() });
    }
    if entries.is_empty() {
        return Err(EnforceError::NoPolicies { bundle: inventory.revision.bundle.clone() });
    }
    entries.retain(|entry| names.is_empty() || names.contains(&entry.id.name));
    Ok(entries)
}

/// Sorts constraints into those that are moved, that stay, and that stand in the way.
fn sorted(live: &[Live], options: &EnforceOptions) -> EnforceReport {
    let mut report = EnforceReport { action: options.action, ..EnforceReport::default() };
    let judged = options.action == Enforcement::Deny && !options.despite_violations;
    for constraint in live.iter().map(|live| live.constraint.clone()) {
        let clean = constraint.audit.current && constraint.audit.total == 0;
        match () {
            () if constraint.action == options.action.name() => report.kept.push(constraint),
            () if judged && !clean => report.refused.push(constraint),
            () => report.moved.push(constraint),
        }
    }
    if !report.refused.is_empty() {
        report.moved.clear();
    }
    report
}
