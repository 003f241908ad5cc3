//! Moves constraints between `warn`, `dryrun` and `deny`; not to `deny` while the audit finds violations.
//!
//! Only constraints of the installed bundle are changed, and of them only the action. The same manager applies the same
//! fields, so that the next install has no conflict, and sets the action of the site file.

use std::time::Duration;

use serde_json::Value;

use super::error::EnforceError;
use super::interval;
use super::owned::applied;
use crate::cluster::api::connect::Cluster;
use crate::cluster::api::error::ClusterError;
use crate::cluster::api::pace::{Pace, together};
use crate::cluster::change::found::Found;
use crate::cluster::change::refusal::refusal;
use crate::cluster::install::constraint::Constraint;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::readiness::wait::session::Wait;
use crate::cluster::record::caller::Caller;
use crate::cluster::record::inventory::{Entry, Inventory};
use crate::cluster::record::lease::Lease;
use crate::rendered::Condition;
use crate::report::Reporter;
use crate::spec::Enforcement;

/// Which constraints are moved, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnforceOptions {
    /// The enforcement action to set.
    pub action: Enforcement,
    /// The names of the constraints; if empty, all of the installed bundle.
    pub policies: Vec<String>,
    /// Whether `deny` is set although the audit finds violations, or has not run yet.
    pub despite_violations: bool,
    /// Whether the field is taken over from another manager.
    pub force_conflicts: bool,
}

/// The outcome for each constraint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct EnforceReport {
    /// The requested action.
    pub action: Enforcement,
    /// The moved constraints, each as it was before.
    pub moved: Vec<Constraint>,
    /// Constraints that had the action already.
    pub kept: Vec<Constraint>,
    /// Constraints with violations or without an audit, which prevent `deny`. If there is one, none was moved.
    pub refused: Vec<Constraint>,
    /// How often Gatekeeper audits.
    pub audit_every: Duration,
}

/// A constraint, and its live object.
struct Live {
    constraint: Constraint,
    object: Value,
}

impl Cluster {
    /// Moves constraints, and waits until every Gatekeeper pod enforces the new action.
    ///
    /// # Errors
    ///
    /// When nothing is installed, a name is unknown, a constraint is missing, its action has another owner, or it is not
    /// enforced in time. Violations that prevent `deny` are no error: they are in the report.
    pub async fn enforce(
        &self,
        options: &EnforceOptions,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<EnforceReport, EnforceError> {
        let inventory = self.inventory().await?.ok_or_else(|| self.nothing_installed())?;
        let entries = selected(&inventory, &options.policies)?;
        let live = together(entries.iter().map(|entry| self.live(entry))).await?;
        let mut report = sorted(&live, options);
        if !report.refused.is_empty() {
            report.audit_every = interval::of(&self.api, &inventory).await?;
            return Ok(report);
        }
        let moving: Vec<_> = live.iter().filter(|one| report.moved.contains(&one.constraint)).collect();
        if !moving.is_empty() {
            let lease = Lease::new(&self.api, caller, reporter);
            lease.during(self.move_all(&lease, &moving, options, reporter)).await?;
        }
        self.until_enforced(&inventory, &live, reporter).await?;
        Ok(report)
    }

    async fn live(&self, entry: &Entry) -> Result<Live, EnforceError> {
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
        moving: &[&Live],
        options: &EnforceOptions,
        reporter: &dyn Reporter,
    ) -> Result<(), EnforceError> {
        lease.take().await?;
        for one in moving {
            self.move_one(one, options).await?;
            let (id, before) = (&one.constraint.id, &one.constraint.action);
            reporter.step(format!("{id}: {before} -> {}", options.action.name()));
        }
        Ok(())
    }

    async fn move_one(&self, live: &Live, options: &EnforceOptions) -> Result<(), EnforceError> {
        let id = &live.constraint.id;
        let Some(mut value) = applied(id, &live.object) else {
            return Err(gone(id));
        };
        value["spec"]["enforcementAction"] = Value::from(options.action.name());
        let answer = self.api.apply(id, &value, options.force_conflicts).await?;
        match answer.is_success() {
            true => Ok(()),
            false => Err(refusal(id, "inventory", &answer).into()),
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
            let ids: Vec<_> = ours.map(|one| &one.constraint.id).collect();
            let wait = Wait { api: &self.api, layer: &layer.name, reporter };
            let mut pace = Pace::within(Duration::from_secs(layer.timeout));
            wait.until(&[Condition::ConstraintsEnforced], ids.iter().copied(), &mut pace).await?;
        }
        Ok(())
    }

    fn nothing_installed(&self) -> EnforceError {
        EnforceError::NothingInstalled { server: self.server().to_owned() }
    }
}

fn gone(id: &ObjectId) -> EnforceError {
    EnforceError::Gone { object: Box::new(id.clone()) }
}

fn selected<'i>(inventory: &'i Inventory, names: &[String]) -> Result<Vec<&'i Entry>, EnforceError> {
    let mut entries = inventory.constraints();
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

/// Sorts constraints into those to move, those to keep, and those that prevent `deny`.
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
