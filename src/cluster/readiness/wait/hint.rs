//! The next step for what is not ready: a command that shows more, or puts it right.

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
        Cause::Image => "`bundle push FILE REGISTRY --key PUB` puts every image of the bundle into the registry; the nodes must be set up to ask it (`bundle render` writes their files)".into(),
        Cause::Unschedulable => "`kubectl describe nodes` shows what each node has left, and its taints".into(),
        Cause::Quota => format!("`kubectl{place} describe resourcequotas` shows what is used up: raise it, or make room"),
        Cause::PodSecurity => format!("`kubectl get namespace {} --show-labels` shows the level that it enforces; the site file's `namespaces` sets `podSecurity`", namespace(id)),
        Cause::Admission => "what refuses is named above; `kubectl get constraints` shows Gatekeeper's".into(),
        Cause::Crash { pod, container } => format!("`kubectl{place} logs {pod} -c {container}` shows its last words"),
        Cause::Pod(pod) => format!("`kubectl{place} describe pod {pod}` shows more; the same command goes on from here"),
        Cause::Names => format!("`kubectl get customresourcedefinitions | grep {}` shows the definitions of its group: one of them has the name", group(id)),
        Cause::Gatekeeper => format!("`{}` shows more; the controllers' own words: `kubectl -n gatekeeper-system logs -l gatekeeper.sh/system=yes`", describe(id, &place)),
        Cause::Endpoint { namespace, service } => format!("`kubectl -n {namespace} describe service {service}` shows which pods it looks for: they must run and be ready"),
        Cause::Failed => format!("`kubectl{place} logs {kind}/{name}` shows its last words; `kubectl{place} delete {kind} {name}`, then the same command, makes it anew", kind = kind(id), name = id.name),
        Cause::Gone => "somebody else deletes it; the same command makes it anew".into(),
        Cause::Other => format!("`{}` shows more; the same command goes on from here", describe(id, &place)),
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
