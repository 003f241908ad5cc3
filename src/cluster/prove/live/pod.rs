//! The pods that try a connection: their definitions and their status.
//!
//! A pod with the labels of a site's workload must not be taken for one. A readiness gate that is never met keeps it out of
//! the ready endpoints of every Service (one that publishes addresses which are not ready gets it nevertheless). A DaemonSet
//! or a bare ReplicaSet with these labels in its selector adopts it, finds one pod too many, and deletes the one that is
//! younger and not ready: ours. The ReplicaSets of Deployments, StatefulSets and Jobs select by labels that it does not have.

use serde_json::{Value, json};

use crate::cluster::objects::json::{list, number, text};
use crate::cluster::objects::labels::MANAGED_BY;
use crate::rendered::{LiveEnd, LiveExpectation, LiveProbe};

/// The label by which the pods of every run are found.
pub(super) const LABEL: &str = "bundle/live-probe";
/// Seconds after which the kubelet ends a pod whose run was killed.
const LONGEST: u32 = 180;
/// Seconds that a connection may take.
const PATIENCE: u32 = 3;
/// How often a connection that ends in another way than it must is tried: a network plugin takes a moment to learn of a pod.
const TRIES: u32 = 5;

/// Returns the pod that listens. It has started once it has reached itself: policies never come between a pod and itself.
///
/// See: <https://kubernetes.io/docs/concepts/services-networking/network-policies/>, "a Pod cannot block access to itself"
pub(super) fn listener(probe: &LiveProbe) -> Value {
    let port = probe.port;
    // Both forms of BusyBox' `nc` read `-ll` as a server for many connections; each is closed at once.
    // See: networking/nc.c and networking/nc_bloaty.c of BusyBox
    let script = format!("exec nc -ll -p {port} -e true");
    let mut pod = pod(&probe.to, "listener", &probe.image, &script);
    let itself = format!("nc -w 1 127.0.0.1 {port} </dev/null");
    pod["spec"]["containers"][0]["startupProbe"] = json!({
        "exec": {"command": ["sh", "-c", itself]}, "periodSeconds": 1, "timeoutSeconds": 5, "failureThreshold": 60,
    });
    if port < 1024 {
        // Safe, and allowed by Pod Security's `restricted`: the pod's own network only.
        pod["spec"]["securityContext"]["sysctls"] =
            json!([{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]);
    }
    pod
}

/// Returns the pod that connects to an address; its exit code says how that ended the last time.
pub(super) fn client(probe: &LiveProbe, address: &str) -> Value {
    let port = probe.port;
    let until = match probe.expect {
        LiveExpectation::Open => "-eq",
        LiveExpectation::Closed => "-ne",
    };
    let script = format!(
        "n=0; while :; do nc -w {PATIENCE} {address} {port} </dev/null; got=$?; n=$((n+1)); \
         [ $got {until} 0 ] || [ $n -ge {TRIES} ] && exit $got; sleep 1; done"
    );
    pod(&probe.from, "client", &probe.image, &script)
}

fn pod(end: &LiveEnd, part: &str, image: &str, script: &str) -> Value {
    let mut labels = json!({MANAGED_BY: "bundle"});
    end.labels.iter().for_each(|(label, value)| labels[label] = json!(value));
    labels[LABEL] = json!(part);
    let resources = json!({"cpu": "100m", "memory": "64Mi"});
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"generateName": format!("bundle-live-{part}-"), "namespace": end.namespace, "labels": labels},
        "spec": {
            "activeDeadlineSeconds": LONGEST, "terminationGracePeriodSeconds": 1, "restartPolicy": "Never",
            "automountServiceAccountToken": false, "enableServiceLinks": false,
            "readinessGates": [{"conditionType": "bundle/never-ready"}],
            "securityContext": {
                "runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [{
                "name": part, "image": image, "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", script],
                "resources": {"requests": resources, "limits": resources},
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "securityContext": {
                    "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]},
                },
            }],
        },
    })
}

/// Returns the listener's address, once it listens, and as long as it does.
pub(super) fn listens_at(pod: &Value) -> Option<&str> {
    let status = list(pod, "/status/containerStatuses").first()?;
    let runs = status.pointer("/state/running").is_some() && status["started"] == true;
    // It is put into a script.
    let address = text(pod, "/status/podIP").parse::<std::net::IpAddr>().is_ok();
    (runs && address).then(|| text(pod, "/status/podIP"))
}

/// Returns how a pod's container ended: its exit code, and the last line that it said.
pub(super) fn ended(pod: &Value) -> Option<(i64, String)> {
    let status = list(pod, "/status/containerStatuses").first()?;
    let end = status.pointer("/state/terminated")?;
    let said = text(end, "/message").trim().lines().last().unwrap_or_default();
    let reason = if said.is_empty() { text(end, "/reason") } else { said };
    Some((number(end, "/exitCode"), reason.chars().take(200).collect()))
}
