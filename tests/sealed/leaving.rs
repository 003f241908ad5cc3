//! What is left: of the bundle in the cluster, and of the stage on the machine.

use std::process::Command;

use super::ground::{Ground, NAMESPACE};

const THEIRS: &str = "v1 ConfigMap default/theirs";

/// Uninstalls, and returns the output: one line, as nothing is kept. What Trivy Operator wrote while it ran goes with it.
pub fn uninstall(ground: &Ground) -> String {
    let ran = ground.stage.bundle(["uninstall"]).ok();
    let line = ran.trim_end();
    assert_eq!(line.lines().count(), 1, "{ran}");
    line.to_owned()
}

/// The namespace of the site is one of the objects: it was there before, with a label of others and without ours.
pub fn uninstall_leaves_the_cluster_as_it_was(ground: &Ground) {
    let namespace = format!("--namespace={NAMESPACE}");
    ground.stage.kubectl(["delete", "pod", "tagged", &namespace, "--now"]).ok();
    let ran = uninstall(ground);
    assert!(ran.starts_with("uninstalled homelab-security 2026.11.0: "), "{ran}");
    assert!(ran.ends_with(", 1 that existed before the install left in place"), "{ran}");
    let after = ground.stage.objects();
    assert_eq!(ground.before.changes(&after), Vec::<String>::new());
    assert!(!ground.before.written(&after).contains(&THEIRS.into()), "`{THEIRS}` was written to");
}

pub fn nothing_is_left_of_the_stage(Ground { stage, .. }: &Ground) {
    let (name, directory) = (&stage.name, &stage.directory);
    stage.run(["down"]).ok();
    let status = stage.run(["status"]);
    assert_eq!((status.code, status.stderr), (Some(1), format!("stage: {name} is not up\n")));
    assert!(!directory.exists());
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").expect("the mounts");
    assert!(!mounts.contains(directory.to_str().expect("a plain path")), "{mounts}");
    let mut find = Command::new("find");
    let cgroups = find.args(["/sys/fs/cgroup", "-type", "d", "-name", name]).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&cgroups.stdout), "");
}
