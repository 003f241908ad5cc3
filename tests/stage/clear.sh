# Ends the stage $name and removes every trace of it, whatever state a killed run left it in.
# shellcheck shell=bash disable=SC2154  # `name`, `record`, `records` and `fail` come from the file that sources this

# What a kubelet sets for the whole machine, not for its network namespace.
sysctls=(vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys
  kernel/keys/root_maxbytes)

# Records the stage, and the machine's own values unless another stage has already changed them.
enroll() { # DIR
  local key
  (
    exec 8<"$records"
    flock 8
    if [ ! -e "$records/.sysctls" ]; then
      for key in "${sysctls[@]}"; do
        printf '%s %s\n' "$key" "$(cat "/proc/sys/$key")"
      done >"$records/.sysctls.partial"
      mv "$records/.sysctls.partial" "$records/.sysctls"
    fi
    echo "$1" >"$record"
  )
}

# Takes the stage off the record, and with the last one puts the values back.
retire() {
  local key value
  (
    exec 8<"$records"
    flock 8
    : >"$record"
    [ -z "$(find "$records" -type f ! -name '.*' -size +0)" ] || exit 0
    while read -r key value; do
      echo "$value" >"/proc/sys/$key"
    done <"$records/.sysctls"
    rm "$records/.sysctls"
  )
}

# Calls "$@" until it succeeds, for at most 30 seconds.
retry() {
  local deadline=$((SECONDS + 30))
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

# Nothing in a stage is worth a farewell. More than one round, for a process may fork while it is being killed.
kill_processes() {
  local ids
  mapfile -t ids < <(processes)
  [ ${#ids[@]} -gt 0 ] || return 0
  kill -KILL "${ids[@]}" 2>/dev/null || true
  return 1
}

# A cgroup stays busy for a moment after its last process.
remove_cgroups() {
  local cgroup
  for cgroup in $(cgroups); do
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  [ -z "$(cgroups)" ]
}

clear_stage() {
  local directory
  [ -s "$record" ] || return 0
  directory=$(cat "$record")
  retry kill_processes || fail "processes of stage \`$name\` do not end: \`$(processes | tr '\n' ' ')\`"
  retry remove_cgroups || fail "cgroups of stage \`$name\` stay busy: \`$(cgroups | tr '\n' ' ')\`"
  # The mounts were in the mount namespace of the processes and went with them; should one be left, stop short of
  # deleting through it.
  ! grep -qF " $directory/" /proc/self/mounts || fail "something is mounted below \`$directory\`" "umount it, then: stage down"
  rm -rf --one-file-system "$directory"
  retire
}
