//! The pod in which Falco runs: what it sees of its node.

use serde_json::Value;

use super::super::rendered::Rendered;
use super::Falco;

/// What modern_ebpf needs where it is not privileged.
///
/// See: falcosecurity/libs userspace/libpman/src/configuration.c, which stops when it cannot lift the limit on locked memory
const CAPABILITIES: &[&str] = &["BPF", "PERFMON", "SYS_PTRACE", "SYS_RESOURCE"];

pub fn problems(falco: &Falco<'_>) -> Vec<String> {
    let mut problems = environment(falco);
    problems.extend(paths(falco));
    problems.extend(rights(falco));
    if falco.pod["initContainers"].as_array().is_some_and(|found| !found.is_empty()) {
        problems.push("an init container brings plugins: it needs `cp` of an image that may have none; the composed image has them".into());
    }
    if !falco.container["image"].as_str().unwrap_or_default().contains("falco-k8smeta") {
        problems.push("the image is not the composed one, and lacks `libk8smeta.so`".into());
    }
    problems.extend(checksum(falco.set));
    problems
}

fn environment(falco: &Falco<'_>) -> Vec<String> {
    let set = |name: &str| {
        let mut variables = falco.container["env"].as_array().into_iter().flatten();
        variables.rfind(|one| one["name"] == name)
    };
    let mut problems = Vec::new();
    if set("HOST_ROOT").is_none_or(|one| one["value"] != "/host") {
        problems.push("HOST_ROOT is not /host, below which the node's paths are mounted".to_owned());
    }
    for name in ["FALCO_K8S_NODE_NAME", "FALCO_HOSTNAME"] {
        if set(name).is_none_or(|one| one["valueFrom"]["fieldRef"]["fieldPath"] != "spec.nodeName") {
            problems.push(format!("{name} is not the name of the node"));
        }
    }
    problems
}

fn paths(falco: &Falco<'_>) -> Vec<String> {
    let socket_folder = falco.set.socket.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
    let wanted = [
        (socket_folder, format!("/host{socket_folder}")),
        ("/proc", "/host/proc".to_owned()),
        ("/etc", "/host/etc".to_owned()),
        ("/sys/kernel/tracing", "/sys/kernel/tracing".to_owned()),
    ];
    let missing = wanted.iter().filter(|(host, inside)| mounted(falco, inside).as_deref() != Some(host));
    missing.map(|(host, inside)| format!("the node's `{host}` is not mounted at `{inside}`")).collect()
}

/// Returns the node's path that is mounted at one of the container.
fn mounted(falco: &Falco<'_>, inside: &str) -> Option<String> {
    let mounts = falco.container["volumeMounts"].as_array()?;
    let mount = mounts.iter().find(|mount| mount["mountPath"] == inside)?;
    let volume = falco.pod["volumes"].as_array()?.iter().find(|volume| volume["name"] == mount["name"])?;
    volume["hostPath"]["path"].as_str().map(str::to_owned)
}

fn rights(falco: &Falco<'_>) -> Vec<String> {
    let context = &falco.container["securityContext"];
    let mut problems = Vec::new();
    if context["privileged"] != true {
        let added = super::texts(&context["capabilities"]["add"]);
        let missing = CAPABILITIES.iter().filter(|one| !added.contains(one));
        problems.extend(missing.map(|one| format!("modern_ebpf needs {one} where it is not privileged")));
    }
    let namespace = falco.set.object("Namespace", "falco").map(|one| &one["metadata"]["labels"]);
    let enforced = |labels: &Value| labels["pod-security.kubernetes.io/enforce"] == "privileged";
    if !namespace.is_some_and(enforced) {
        problems.push("the namespace `falco` does not admit pods that see their node".to_owned());
    }
    problems
}

/// Files that are mounted by `subPath` never change: the pods have to.
fn checksum(set: &Rendered) -> Option<String> {
    let annotations = &set.object("DaemonSet", "falco")?["spec"]["template"]["metadata"]["annotations"];
    let found = annotations["checksum/config"].as_str().unwrap_or_default();
    (found.len() != 64).then(|| {
        "no annotation holds a checksum of the configuration, which would never reach the pods".to_owned()
    })
}
