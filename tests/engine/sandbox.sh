#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs a command with mounts, network and processes of its own, so that the daemons it starts meet no other daemon of the
# machine. Its processes, its mounts, its cgroups and what it wrote to $SANDBOX are gone afterwards. Needs root.
# Usage: sandbox.sh COMMAND [ARGUMENT...]
# shellcheck disable=SC2317  # called by traps
set -euo pipefail

# Runs find on the cgroups of the sandbox. Version 1 has a hierarchy for each controller.
find_cgroups() {
  find /sys/fs/cgroup -depth -type d -path "*/$(basename "$SANDBOX")*" "$@" 2>/dev/null || true
}

# Outside the sandbox.
clean_up() {
  # Only a mount can be in it, and only if it spread from the sandbox of a chroot.
  umount --lazy "$SANDBOX" 2>/dev/null || true
  rmdir "$SANDBOX"
  for _ in {1..200}; do
    find_cgroups -exec rmdir {} +
    [[ -n $(find_cgroups) ]] || return 0
    sleep 0.05
  done
  echo "The cgroup $(basename "$SANDBOX") cannot be removed" >&2
}

# In the first process of the sandbox. The kernel waits for the others, but one that version 1 has frozen cannot die.
kill_all() {
  kill -KILL -1 2>/dev/null || true
  # shellcheck disable=SC2016  # for sh
  find_cgroups -exec sh -c 'for cgroup; do ! test -e "$cgroup/freezer.state" || echo THAWED >"$cgroup/freezer.state"; done' sh {} +
}

if [[ -z ${SANDBOX:-} ]]; then
  # Short, because the path of a Unix socket is at most 107 bytes long.
  SANDBOX=$(mktemp --directory /tmp/cc-engine.XXXXXX)
  export SANDBOX
  trap clean_up EXIT
  trap 'exit 143' INT TERM
  setpriv --pdeathsig KILL unshare --mount --net --ipc --uts --pid --fork --propagation unchanged --kill-child=TERM "$0" "$@" &
  status=0
  wait $! || status=$?
  exit "$status"
fi

if ! mount --make-rprivate / 2>/dev/null; then
  # The root of a plain chroot is no mount, but runc makes containers only below one.
  mount --rbind / "$SANDBOX"
  mount --make-rprivate "$SANDBOX"
  exec chroot "$SANDBOX" "$(realpath "$0")" "$@"
fi
mount -t proc proc /proc
# Where daemons write whatever directories they are told to use, and would find the settings and locks of others.
for path in "$SANDBOX" /run /dev/shm /etc/docker /etc/cni /var/lib/containers /var/lib/cni; do
  mkdir -p "$path"
  mount -t tmpfs tmpfs "$path"
done
# crun refuses to run where controllers of both cgroup versions are mounted.
umount --lazy /sys/fs/cgroup/unified 2>/dev/null || true
busybox ip link set lo up
trap kill_all EXIT
trap 'exit 143' INT TERM
export HOME=$SANDBOX
status=0
"$@" &
wait $! || status=$?
exit "$status"
