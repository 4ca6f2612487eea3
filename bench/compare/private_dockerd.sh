#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a dockerd that meets no other daemon of the machine, with mounts, network and processes of its own, until stdin ends.
# It listens on DIRECTORY/docker.sock. Needs root.
# Usage: private_dockerd.sh DIRECTORY
set -euo pipefail

directory=$1
PATH=$PATH:/usr/sbin:/sbin

# shellcheck disable=SC2016  # for the shell in the namespaces
unshare --mount --net --ipc --uts --pid --fork --mount-proc --kill-child bash -c '
  set -euo pipefail
  for path in /run /etc/docker; do
    mkdir -p "$path"
    mount -t tmpfs tmpfs "$path"
  done
  mkdir "$1/dockerd"
  mount -t tmpfs tmpfs "$1/dockerd"
  exec dockerd --host "unix://$1/docker.sock" --data-root "$1/dockerd/data" --exec-root "$1/dockerd/exec" \
    --pidfile "$1/dockerd/pid" --storage-driver vfs --bridge none --iptables=false --ip6tables=false --ip-masq=false
' bash "$directory" &
dockerd=$!
trap 'kill -KILL "$dockerd" 2>/dev/null || true; wait "$dockerd" 2>/dev/null || true
rm -f "$directory/docker.sock"; rmdir "$directory/dockerd" 2>/dev/null || true' EXIT
trap 'exit 143' TERM HUP

# The directory is its owner's alone, who may not be root.
until [[ -S $directory/docker.sock ]]; do
  kill -0 "$dockerd" 2>/dev/null || exit 1
  sleep 0.1
done
chmod 666 "$directory/docker.sock"
read -r _ || true
