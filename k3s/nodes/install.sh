#!/bin/sh
# Brings up K3s on a host that has nothing of it, without a network: program, images and configuration come from the bundle.
#
#   install.sh server|agent FOLDER [--preload BUNDLE] [--replace] [--no-start] [--root DIR]
#
# FOLDER is where `bundle extract` put K3s' files. This script lies among the rendered node files and takes those, too; each of K3s'
# files has to have the digest that k3s.sha256 beside it says, which is that of the bundle's lock.
#   --preload BUNDLE  puts the bundle among the images that K3s imports: then the first pods need no registry
#   --replace         overwrites configuration that differs; the old file stays beside it as NAME.old
#   --no-start        installs, and neither enables nor starts the service
#   --root DIR        installs below DIR, for an image of a disk; starts nothing
# Agents and further servers find the first server by K3S_URL and K3S_TOKEN. Run again, it changes what differs, and nothing else.
set -eu

digest_of() { # NAME: what the bundle's lock says of it
  [ ! -f "$here/k3s.sha256" ] || awk -v name="$1" '$2 == name { print $1 }' "$here/k3s.sha256"
}

fail() { printf 'error: %s\n\nhint: %s\n' "$1" "$2" >&2; exit 1; }
say() { printf '%s\n' "$1"; }
usage() { fail "$1" 'install.sh server|agent FOLDER [--preload BUNDLE] [--replace] [--no-start] [--root DIR]'; }

role='' folder='' preload='' replace='' start=yes root='' changed=''
while [ $# -gt 0 ]; do
  case $1 in
    --preload | --root)
      [ $# -ge 2 ] || usage "\`$1\` lacks its value"
      if [ "$1" = --root ]; then root=${2%/} start=''; else preload=$2; fi
      shift ;;
    --replace) replace=yes ;;
    --no-start) start='' ;;
    -*) usage "there is no option \`$1\`" ;;
    *) if [ -z "$role" ]; then role=$1; elif [ -z "$folder" ]; then folder=$1; else usage "one folder too many: \`$1\`"; fi ;;
  esac
  shift
done
case $role in
  server) service=k3s ;;
  agent) service=k3s-agent ;;
  *) usage "the first argument is \`$role\`, expected server or agent" ;;
esac
[ -d "$folder" ] || usage "\`$folder\` is not a folder"
[ -z "$preload" ] || [ -f "$preload" ] || usage "\`$preload\` is not a file"
here=$(cd "$(dirname "$0")" && pwd)

case $(uname -m) in
  x86_64 | amd64) program=k3s images=k3s-airgap-images-amd64.tar.zst ;;
  aarch64 | arm64) program=k3s-arm64 images=k3s-airgap-images-arm64.tar.zst ;;
  *) fail "this machine is \`$(uname -m)\`, and the bundle has K3s for x86_64 and aarch64" 'use another machine' ;;
esac
if [ -z "$root" ] && [ "$(id -u)" != 0 ]; then
  fail 'only root can install K3s' 'run it again with sudo, or with --root DIR to look at what it would install'
fi

etc=$root/etc/rancher/k3s
image_folder=$root/var/lib/rancher/k3s/agent/images
units=$root/etc/systemd/system
environment=$units/$service.service.env

# --- Everything is looked at before anything is changed.

check() { # NAME: that the extracted file is the one that the bundle's author locked
  expected=$(digest_of "$1")
  [ -n "$expected" ] || fail "the bundle has no \`$1\` for this machine" 'add it to the component k3s of the spec, and build again'
  [ -f "$folder/$1" ] || fail "\`$folder/$1\` is not there" "bundle extract BUNDLE $1 --key PUB -o $folder"
  found=$(sha256sum <"$folder/$1")
  found=${found%% *}
  [ "$found" = "$expected" ] ||
    fail "\`$folder/$1\` is not what the bundle's lock says: expected sha256 \`$expected\`, found \`$found\`" \
      'extract it again, from the bundle that these node files were rendered from'
}

settled() { # FILE TARGET: that TARGET can become FILE
  if [ ! -e "$2" ] || cmp -s "$1" "$2" || [ -n "$replace" ]; then return 0; fi
  fail "\`$2\` is there already and differs from \`$1\`" \
    "compare them; what is this node's own belongs into /etc/rancher/k3s/config.yaml.d; then run it again with --replace"
}

check "$program"
check "$images"
settled "$here/config-$role.yaml" "$etc/config.yaml"
settled "$here/registries.yaml" "$etc/registries.yaml"
[ ! -f "$here/registry-ca.crt" ] || settled "$here/registry-ca.crt" "$etc/registry-ca.crt"
if [ "$role" = agent ] && [ ! -e "$environment" ]; then
  if [ -z "${K3S_URL:-}" ] || [ -z "${K3S_TOKEN:-}" ]; then
    fail 'an agent has to know its server' \
      'K3S_URL=https://SERVER:6443 K3S_TOKEN=… install.sh agent FOLDER; the token is in /var/lib/rancher/k3s/server/node-token of the server'
  fi
fi
if [ -n "$start" ]; then
  command -v systemctl >/dev/null || fail 'there is no systemd here' 'run it with --no-start, and start `k3s '"$role"'` by what this system has'
  if command -v ip >/dev/null && [ -z "$(ip route show default; ip -6 route show default)" ]; then
    fail 'there is no default route, and K3s does not start without one' \
      'any will do: ip link add dummy0 type dummy; ip address add 203.0.113.254/31 dev dummy0; ip link set dummy0 up; ip route add default via 203.0.113.255 dev dummy0 metric 1000'
  fi
fi

# --- Then each file is put beside its place and renamed, so that a file is the old one or the new one.

put() { # FILE TARGET MODE
  if [ -e "$2" ] && cmp -s "$1" "$2"; then return 0; fi
  mkdir -p "${2%/*}"
  case $2 in
    "$etc"/*) [ ! -e "$2" ] || { cp -p "$2" "$2.old"; say "kept the old $2 as $2.old"; } ;;
  esac
  (umask 077 && cp "$1" "$2.new")
  chmod "$3" "$2.new"
  mv "$2.new" "$2"
  changed=yes
  say "installed $2"
}

unit() {
  cat <<UNIT
[Unit]
Description=K3s ($role), from a bundle
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
EnvironmentFile=-/etc/systemd/system/$service.service.env
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/k3s $role
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s

[Install]
WantedBy=multi-user.target
UNIT
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
put "$folder/$program" "$root/usr/local/bin/k3s" 0755
for name in kubectl crictl ctr; do
  [ -e "$root/usr/local/bin/$name" ] || [ -L "$root/usr/local/bin/$name" ] || ln -s k3s "$root/usr/local/bin/$name"
done
put "$folder/$images" "$image_folder/$images" 0644
[ -z "$preload" ] || put "$preload" "$image_folder/bundle.tar" 0644
put "$here/config-$role.yaml" "$etc/config.yaml" 0600
put "$here/registries.yaml" "$etc/registries.yaml" 0600
[ ! -f "$here/registry-ca.crt" ] || put "$here/registry-ca.crt" "$etc/registry-ca.crt" 0644
if [ -n "${K3S_URL:-}${K3S_TOKEN:-}" ]; then
  (
    umask 077
    printf "K3S_URL='%s'\nK3S_TOKEN='%s'\n" "${K3S_URL:-}" "${K3S_TOKEN:-}" >"$work/environment"
  )
  put "$work/environment" "$environment" 0600
fi
unit >"$work/unit"
put "$work/unit" "$units/$service.service" 0644

if [ -z "$changed" ]; then say 'nothing had to be changed'; fi
if [ -n "$start" ]; then
  systemctl daemon-reload
  systemctl enable "$service"
  if [ -n "$changed" ]; then systemctl restart "$service"; else systemctl start "$service"; fi
  say "$service runs: k3s kubectl get nodes"
fi
