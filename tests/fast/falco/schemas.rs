//! What upstream's sources say: keys, and versions of the event schema.

/// The keys of `falco.yaml` that 0.43 and 0.44 both know.
///
/// See: falcosecurity/falco userspace/falco/config_json_schema.h at 0.43.0 and 0.44.1
pub const CONFIG_KEYS: &[&str] = &[
    "append_output",
    "base_syscalls",
    "buffer_format_base64",
    "buffered_outputs",
    "capture",
    "config_files",
    "engine",
    "falco_libs",
    "file_output",
    "http_output",
    "json_include_message_property",
    "json_include_output_fields_property",
    "json_include_output_property",
    "json_include_tags_property",
    "json_output",
    "libs_logger",
    "load_plugins",
    "log_level",
    "log_stderr",
    "log_syslog",
    "metrics",
    "output_timeout",
    "outputs_queue",
    "plugins",
    "plugins_hostinfo",
    "priority",
    "program_output",
    "rule_matching",
    "rules",
    "rules_files",
    "static_fields",
    "stdout_output",
    "syscall_event_drops",
    "syscall_event_timeouts",
    "syslog_output",
    "time_format_iso_8601",
    "watch_config_files",
    "webserver",
];

/// Those of `engine`.
pub const ENGINE_KEYS: &[&str] = &["kind", "kmod", "modern_ebpf", "replay"];

/// Those of `metrics` that both know.
pub const METRICS_KEYS: &[&str] = &[
    "convert_memory_to_mb",
    "enabled",
    "include_empty_values",
    "interval",
    "jemalloc_stats_enabled",
    "kernel_event_counters_enabled",
    "kernel_event_counters_per_cpu_enabled",
    "libbpf_stats_enabled",
    "output_file",
    "output_rule",
    "plugins_metrics_enabled",
    "resource_utilization_enabled",
    "rules_counters_enabled",
    "state_counters_enabled",
];

/// The keys that 0.44 removed, at the top or in `engine`.
pub const REMOVED_IN_0_44: &[&str] = &["grpc", "grpc_output", "gvisor", "ebpf"];

/// The options of the plugin `container`.
///
/// See: falcosecurity/plugins plugins/container/src/plugin_config_schema.h at container/v0.6.1 and v0.7.1
pub const CONTAINER_KEYS: &[&str] = &["engines", "hooks", "label_max_len", "log_level", "with_size"];

/// Its engines that have to be named once one is.
pub const ENGINES: &[&str] = &["bpm", "containerd", "cri", "docker", "libvirt_lxc", "lxc", "podman"];

/// Those of them that ask a socket.
pub const SOCKET_ENGINES: &[&str] = &["containerd", "cri", "docker", "podman"];

/// The options of the plugin `k8smeta`; `hostProc` is still taken, and does nothing.
///
/// See: falcosecurity/plugins plugins/k8smeta/src/plugin.cpp at k8smeta/v0.4.1
pub const K8SMETA_KEYS: &[&str] =
    &["caPEMBundle", "collectorHostname", "collectorPort", "nodeName", "verbosity"];

/// Those without which it does not start.
pub const K8SMETA_REQUIRED: &[&str] = &["collectorHostname", "collectorPort", "nodeName"];

/// The event schema that a Falco speaks, from a version on.
///
/// See: falcosecurity/libs driver/SCHEMA_VERSION at the version that each Falco is built with
pub const FALCO_SCHEMAS: &[(&str, &str)] = &[
    ("0.41.0", "3.6.1"),
    ("0.42.0", "4.0.1"),
    ("0.43.0", "4.1.0"),
    ("0.44.0", "4.5.1"),
    ("0.45.0", "4.5.2"),
];

/// The event schema that `k8smeta` requires; a plugin that names none counts as 3.0.0.
pub const K8SMETA_SCHEMAS: &[(&str, &str)] = &[("0.1.0", "3.0.0"), ("0.4.0", "4.0.0")];

/// The event schema that `container` requires.
pub const CONTAINER_SCHEMAS: &[(&str, &str)] = &[("0.1.0", "3.0.0"), ("0.4.0", "4.0.0")];
