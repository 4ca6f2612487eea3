#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0

# Installs Debian packages and leaves the rest of the machine as it is: removes no package, starts no service, and
# enables no service for the next boot. Needs root.
# Usage: install_packages.sh PACKAGE...
set -euo pipefail

export etc=${DPKG_ROOT:-}/etc
export policy=${DPKG_ROOT:-}/usr/sbin/policy-rc.d

# Prints the links that start services at boot.
boot_links() {
  {
    # Not every machine has these directories.
    find "$etc/systemd/system" "$etc/systemd/user" -type l ! -lname /dev/null || true
    find "$etc"/rc?.d -name 'S*' || true
  } 2>/dev/null | LC_ALL=C sort
}

# Waits for a line or the end of stdin, then removes the new links and the policy.
# shellcheck disable=SC2317  # called by another shell
restore() {
  local link
  read -r _ || true
  comm -13 <(printf '%s\n' "$links_before") <(boot_links) | while read -r link; do
    case $link in
      */rc?.d/S??*) update-rc.d "$(basename "$link" | cut -c 4-)" disable ;;
      *) rm -f "$link" ;;
    esac
  done
  if [[ -n $policy ]]; then
    rm -f "$policy"
  fi
}

# An existing policy is the administrator's: it stays.
if [[ -e $policy ]]; then
  policy=
fi
links_before=$(boot_links)
export links_before
export -f boot_links restore

# Restores from a session of its own, so that it happens even if this script and its process group are killed. apt-get
# holds the pipe too: while it still runs, the policy stays.
exec {restorer}> >(exec setsid bash -c restore)
restorer_pid=$!
# shellcheck disable=SC2317  # called by a trap
finish() {
  echo 'apt-get ended' >&"$restorer"
  wait "$restorer_pid"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [[ -n $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
DEBIAN_FRONTEND=noninteractive apt-get --yes --no-remove --no-install-recommends \
  --option DPkg::Lock::Timeout=300 install "$@"
