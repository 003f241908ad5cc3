# The configuration files of the parts.
# shellcheck shell=bash disable=SC2154  # the variables come from the file that sources this one

write_kubeconfig() { # FILE CERTIFICATE
  cat >"$1" <<END
apiVersion: v1
kind: Config
clusters: [{name: stage, cluster: {server: "https://127.0.0.1:16443", certificate-authority: $directory/pki/ca.crt}}]
users: [{name: $2, user: {client-certificate: $directory/pki/$2.crt, client-key: $directory/pki/$2.key}}]
contexts: [{name: stage, context: {cluster: stage, user: $2}}]
current-context: stage
END
}

write_audit_policy() {
  cat >audit.yaml <<END
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
END
}

write_registry_config() {
  cat >registry.yaml <<END
version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: $directory/registry}, delete: {enabled: true}}
http: {addr: $registry}
END
}

write_containerd_config() {
  mkdir -p certs.d/_default
  cat >certs.d/_default/hosts.toml <<END
[host."http://$registry"]
  capabilities = ["pull", "resolve"]
END
  # The pods' network namespaces are mounted in the state directory and not in /run/netns, which is the machine's.
  cat >containerd.toml <<END
version = 2
[plugins."io.containerd.internal.v1.opt"]
  path = "/var/lib/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause"
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$directory/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$directory/certs.d"
END
}

# Point to point and not a bridge: between pods on one bridge an answer would pass by the node and come from another
# address than the service's, unless the machine has the br_netfilter module.
write_pod_network() {
  mkdir -p cni
  cat >cni/10-stage.conflist <<END
{"cniVersion": "1.0.0", "name": "stage", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
}

write_proxy_config() {
  # Zeros: the limits of connection tracking belong to the machine.
  cat >proxy.yaml <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clusterCIDR: 10.88.0.0/16
mode: iptables
clientConnection: {kubeconfig: $directory/kubeconfig}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
END
}

write_kubelet_config() {
  # Not isolating local storage, because that needs statistics that not every file system of a test machine gives.
  cat >kubelet.yaml <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $directory/pki/ca.crt}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$name
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
volumePluginDir: /var/lib/kubelet/volume-plugins
tlsCertFile: $directory/pki/node.crt
tlsPrivateKeyFile: $directory/pki/node.key
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
evictionHard: {memory.available: "100Mi"}
localStorageCapacityIsolation: false
END
}

write_configs() {
  write_kubeconfig kubeconfig admin
  write_kubeconfig kubelet.kubeconfig node
  write_audit_policy
  write_registry_config
  write_containerd_config
  write_pod_network
  write_proxy_config
  write_kubelet_config
}
