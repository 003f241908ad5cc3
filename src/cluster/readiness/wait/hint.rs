//! The next step for an object that is not ready: a command that shows more, or fixes it.

use super::pending::Pending;
use crate::cluster::objects::id::ObjectId;
use crate::cluster::readiness::reason::Cause;

/// Returns the next step for the first object whose cause is known, or else for the first.
pub(super) fn next_step(pending: &[Pending<'_>]) -> String {
    let known = pending.iter().find(|one| *one.cause() != Cause::Other);
    known.or(pending.first()).map(|one| step(one.id, one.cause())).unwrap_or_default()
}

fn step(id: &ObjectId, cause: &Cause) -> String {
    let place = id.namespace.as_ref().map(|name| format!(" -n {name}")).unwrap_or_default();
    match cause {
        Cause::Image => "`bundle push FILE REGISTRY --key PUB` pushes every image of the bundle; the nodes must be configured to pull from that registry (`bundle render` writes their files)".into(),
        Cause::Unschedulable => "`kubectl describe nodes` shows the free resources and the taints of each node".into(),
        Cause::Quota => format!("`kubectl{place} describe resourcequotas` shows the exhausted quota: raise it, or free resources"),
        Cause::PodSecurity => format!("`kubectl get namespace {} --show-labels` shows the level that it enforces; the site file's `namespaces` sets `podSecurity`", namespace(id)),
        Cause::Admission => "the message above names what refuses; `kubectl get constraints` lists Gatekeeper's policies".into(),
        Cause::Crash { pod, container } => format!("`kubectl{place} logs {pod} -c {container}` shows its last log lines"),
        Cause::Pod(pod) => format!("`kubectl{place} describe pod {pod}` shows more; then run the same command again to continue"),
        Cause::Names => format!("`kubectl get customresourcedefinitions | grep {}` shows the definitions of its group: one of them already has the name", group(id)),
        Cause::Gatekeeper => format!("`{}` shows more, as do the controllers' logs: `kubectl -n gatekeeper-system logs -l gatekeeper.sh/system=yes`", describe(id, &place)),
        Cause::Endpoint { namespace, service } => format!("`kubectl -n {namespace} describe service {service}` shows its selector: the pods that match must be ready"),
        Cause::Failed => format!("`kubectl{place} logs {kind}/{name}` shows its last log lines; `kubectl{place} delete {kind} {name}`, then the same command, recreates it", kind = kind(id), name = id.name),
        Cause::Gone => "someone else deletes it; the same command recreates it".into(),
        Cause::Other => format!("`{}` shows more; then run the same command again to continue", describe(id, &place)),
    }
}

fn describe(id: &ObjectId, place: &str) -> String {
    format!("kubectl{place} describe {} {}", kind(id), id.name)
}

fn kind(id: &ObjectId) -> String {
    id.kind.to_lowercase()
}

fn namespace(id: &ObjectId) -> &str {
    id.namespace.as_deref().unwrap_or("default")
}

/// A definition is named `PLURAL.GROUP`.
fn group(id: &ObjectId) -> &str {
    id.name.split_once('.').map_or(id.name.as_str(), |(_, group)| group)
}
