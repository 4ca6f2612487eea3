#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The image: built on a Debian that debootstrap makes, because a test reaches no registry, then run against a real
# dockerd as the DaemonSet runs it.
# Usage: image.sh DIRECTORY-WITH-DEBIAN-PACKAGES
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/../package/common.sh"

packages=$1
deploy_tests=$(cd "$(dirname "$0")" && pwd)

# Ends the test as one that cannot run on this machine. In CI nothing is skipped.
cannot_run() {
  [[ ${CI:-} != true ]] || fail "Cannot run: $1"
  skip "$1"
}
((EUID == 0)) || cannot_run "only root can make a Debian root directory and run containers"
for program in podman runc dockerd docker debootstrap busybox curl jq unshare; do
  command -v "$program" >/dev/null || cannot_run "there is no $program"
done

# Short, because the path of a unix socket is at most 107 bytes long.
directory=$(mktemp -d)
cgroup=$(basename "$directory")
export directory cgroup

# shellcheck disable=SC2317  # called by a trap
clean_up() {
  rm -rf "$directory"
  find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + || true
}
trap clean_up EXIT

# The base, made once.
# shellcheck disable=SC1091
codename=$(source /etc/os-release && echo "$VERSION_CODENAME")
base=$WORK/base-$codename.tar
if [[ ! -e $base ]]; then
  make_debian "$directory/root"
  rm -rf "$directory"/root/var/cache/apt/archives/*.deb
  tar --create --file="$base.part" --directory="$directory/root" --exclude='./dev/*' .
  mv "$base.part" "$base"
  rm -rf "$directory/root"
fi

# Not crun, which does not know both versions of control groups mounted.
podman=(podman --runtime=runc --root="$directory/data" --runroot="$directory/run" --tmpdir="$directory/tmp" --storage-driver=vfs
  --cgroup-manager=cgroupfs --events-backend=none)
export podman_command="${podman[*]}"
"${podman[@]}" import --quiet "$base" localhost/base:1 >/dev/null

# Without isolation by a container runtime and without a layer per line, which only cost time here.
SECONDS=0
BUILDAH_ISOLATION=chroot BUILDAH_LAYERS=false ENGINE=$podman_command BASE=localhost/base:1 PACKAGES=$packages \
  "$source_dir/deploy/image/build" localhost/container-collector:test >"$WORK/image.log" 2>&1 ||
  fail "$(tail -n 30 "$WORK/image.log")"
size=$("${podman[@]}" image inspect --format '{{.Size}}' localhost/container-collector:test)
echo "image: $((size / 1000)) kB, built in $SECONDS s"
((size < 60 * 1000 * 1000)) || fail "The image has $size bytes"

# Containers in a network, with mounts and processes of their own. All of it ends with the test.
unshare --net --mount --pid --fork --kill-child --mount-proc "$deploy_tests/image_in_sandbox.sh"
