# The cgroups of the stage $name: one directory in each hierarchy (cgroup v2 has one, v1 has one for each controller).
# The parts run in its `parts`, the pods in the `kubepods` that the kubelet makes beside it. Membership is what tells
# our processes from others: a process cannot leave it, and a recycled process id is never in it.
# shellcheck shell=bash disable=SC2154  # `name` and `fail` come from the file that sources this one

# Prints the roots of the hierarchies.
hierarchies() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo /sys/fs/cgroup
  else
    # Not the links that name one hierarchy of two controllers a second time.
    find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d
  fi
}

# Prints the stage's cgroups that exist.
cgroups() {
  local hierarchy
  for hierarchy in $(hierarchies); do
    [ ! -d "$hierarchy/$name" ] || echo "$hierarchy/$name"
  done
}

parts_cgroup() {
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    echo "/sys/fs/cgroup/$name/parts"
  else
    echo "/sys/fs/cgroup/pids/$name/parts"
  fi
}

make_cgroups() {
  local hierarchy
  # The kubelet asks for its root in every hierarchy that it uses.
  for hierarchy in $(hierarchies); do
    mkdir -p "$hierarchy/$name"
  done
  mkdir -p "$(parts_cgroup)"
}

# Moves this very process, subshell or not, into the stage.
join_cgroup() { echo "$BASHPID" >"$(parts_cgroup)/cgroup.procs"; }

# Prints the id of every process of the stage and its pods.
processes() {
  local cgroup
  for cgroup in $(cgroups); do
    find "$cgroup" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done | sort -un
}
