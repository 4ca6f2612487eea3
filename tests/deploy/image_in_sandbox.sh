#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The second half of image.sh, in namespaces of its own.
set -euo pipefail
WORK=${WORK:?}
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/../package/common.sh"

directory=${directory:?}
cgroup=${cgroup:?}
read -ra podman <<<"${podman_command:?}"
image=localhost/container-collector:test
host_run=$directory/host
socket=$host_run/docker.sock
export DOCKER_HOST=unix://$socket
busybox ip link set lo up
# The host's /run is a private mount, as on Docker Desktop, k3d, WSL2 and OpenRC.
mkdir "$host_run"
mount -t tmpfs -o mode=755 none "$host_run"
mount --make-private "$host_run"
# The options of the DaemonSet's mount.
mount_options=ro
# The programs of the distribution, in front of others of the same name.
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

# Waits until a command succeeds.
wait_for() {
  for _ in {1..600}; do
    if "$@" >/dev/null 2>&1; then
      return
    fi
    sleep 0.05
  done
  fail "Never succeeded: $*" "$(tail -n 20 "$directory"/*.log 2>/dev/null)"
}

start_dockerd() {
  dockerd --host="$DOCKER_HOST" --data-root="$directory/docker" --exec-root="$directory/exec" \
    --pidfile="$directory/docker.pid" --storage-driver=vfs --bridge=none --iptables=false --ip6tables=false \
    >>"$directory/dockerd.log" 2>&1 &
  dockerd=$!
  wait_for docker version
}

# Starts the server in a container, as the DaemonSet does but for the options given.
# Usage: run NAME [OPTION...] -- [FLAG...]
run() {
  local name=$1 options=()
  shift
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  "${podman[@]}" run --detach --name "$name" --network=host --cgroup-parent="/$cgroup" --cap-drop=all --read-only \
    --security-opt=no-new-privileges --volume "$host_run:/run:$mount_options" "${options[@]}" "$image" \
    --bind-address=127.0.0.1 "${@:2}" >/dev/null
}

# POSTs to the server at a port and checks the status; the body is in $body.
# Usage: expect STATUS PORT [PATH]
expect() {
  local method=POST status
  [[ ${3:-/processor} == /processor* ]] || method=GET
  status=$(curl --silent --noproxy '*' --max-time 60 --request "$method" --output "$directory/body" \
    --write-out '%{http_code}' "http://127.0.0.1:$2${3:-/processor/containercollector}") || true
  body=$(cat "$directory/body")
  [[ $status == "$1" ]] || fail "$method ${3:-the route} at port $2: expected $1, got $status: $body"
}

expect_container() {
  expect 200 "$1"
  [[ $(jq --raw-output '.[].Names[0]' <<<"$body") == /on-this-node ]] || fail "Not this node's containers: $body"
}

# /readyz repeats a result for a second, so it is asked until it has a new one.
# Usage: wait_for readyz_is STATUS
# shellcheck disable=SC2317  # called by wait_for
readyz_is() {
  [[ $(curl --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' http://127.0.0.1:8091/readyz) == "$1" ]]
}

echo "== Without options: the version, as nobody"
"${podman[@]}" run --rm --network=none --cgroup-parent="/$cgroup" "$image" --version

echo "== As the DaemonSet: root without capabilities, nothing to write, the directory of the socket"
start_dockerd
mkdir -p "$directory/rootfs"
cp "$(command -v busybox)" "$directory/rootfs/"
tar --create --directory="$directory/rootfs" . | docker import - busybox:1 >/dev/null
docker create --name=on-this-node --network=none busybox:1 /busybox true >/dev/null
# dockerd, unlike Podman, starts no container with rslave here.
docker run --rm --network=host --cgroup-parent="/$cgroup" --volume "$host_run:/run:$mount_options" busybox:1 \
  /busybox test -S /run/docker.sock || fail "dockerd does not start a container with the DaemonSet's mount"
started=$(date +%s%N)
run daemon-set --user=0:0 -- --port=8091
wait_for curl --silent --fail --noproxy '*' http://127.0.0.1:8091/healthz
echo "start: $((($(date +%s%N) - started) / 1000000)) ms from podman run to /healthz"
pid=$("${podman[@]}" inspect --format '{{.State.Pid}}' daemon-set)
[[ $(sed -n 's/^CapEff:\t*//p' "/proc/$pid/status") == 0000000000000000 ]] || fail "The server has capabilities"
expect_container 8091
wait_for readyz_is 200
echo "memory: $(sed -n 's/^VmRSS:\t* *//p' "/proc/$pid/status") after a request"

echo "== dockerd is gone"
kill "$dockerd"
wait "$dockerd" || true
rm -f "$socket"
expect 500 8091
[[ $body == "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" ]] ||
  fail "Without dockerd the server says: $body"
expect 200 8091 /healthz
wait_for readyz_is 503

echo "== dockerd is back, with another socket file"
start_dockerd
expect_container 8091
wait_for readyz_is 200

echo "== As the image's own user, with and without the group of the socket"
group=$(stat --format %g "$socket")
run with-group --group-add="$group" -- --port=8093
wait_for curl --silent --fail --noproxy '*' http://127.0.0.1:8093/healthz
expect_container 8093
run without-group -- --port=8094
wait_for curl --silent --fail --noproxy '*' http://127.0.0.1:8094/healthz
expect 500 8094
[[ $body == "Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: "* ]] ||
  fail "Without the group the server says: $body"

echo "== Podman's socket, as its overlay sets it; the collector is on its own list"
mkdir "$host_run/podman"
"${podman[@]}" system service --time=0 "unix://$host_run/podman/podman.sock" >"$directory/podman.log" 2>&1 &
wait_for curl --silent --fail --unix-socket "$host_run/podman/podman.sock" http://d/_ping
run podman --user=0:0 --env=CONTAINER_COLLECTOR_DOCKER_ENDPOINT=unix:///var/run/podman/podman.sock -- --port=8095
wait_for curl --silent --fail --noproxy '*' http://127.0.0.1:8095/healthz
expect 200 8095
jq --exit-status '.[] | select(.Names == ["/podman"]) | .State == "running"' <<<"$body" >/dev/null ||
  fail "Podman's list does not have the collector: $body"

echo "== The directory of the socket is mounted while the collector runs, with mount-propagation"
mount --make-shared "$host_run"
mkdir "$host_run/late"
mount_options=ro,rslave
run propagation --user=0:0 --env=CONTAINER_COLLECTOR_DOCKER_ENDPOINT=unix:///run/late/podman.sock -- --port=8096
wait_for curl --silent --fail --noproxy '*' http://127.0.0.1:8096/healthz
mount -t tmpfs none "$host_run/late"
"${podman[@]}" system service --time=0 "unix://$host_run/late/podman.sock" >>"$directory/podman.log" 2>&1 &
wait_for curl --silent --fail --unix-socket "$host_run/late/podman.sock" http://d/_ping
expect 200 8096

echo "== It stops by itself"
"${podman[@]}" stop --time=60 daemon-set >/dev/null
code=$("${podman[@]}" inspect --format '{{.State.ExitCode}}' daemon-set)
[[ $code == 0 ]] || fail "The server ended with $code after SIGTERM"
