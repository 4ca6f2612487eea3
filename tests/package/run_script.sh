#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/run with the server of this build: what it prints, and when it shows recorded data.
# Usage: run_script.sh SERVER
set -euo pipefail
# shellcheck source=tests/package/scripts_common.sh
source "$(dirname "$0")/scripts_common.sh"

make_tree
cd "$tree"
mkdir -p build/run/server build/run/tests/support tests/data
cp "$1" build/run/server/container-collector
cp "$RECORDED_DAEMON" build/run/tests/support/recorded-daemon
cp -r "$source_dir/tests/data/recorded" tests/data/recorded
chmod -R a+rwX build
unset DOCKER_HOST

echo "== Recorded data"
try scripts/run --once --recorded --port 0
expect "a table" 0 "RECORDED DATA" "The whole JSON is in build/run/containers.json" \
  "$(jq length "$recorded.json") containers (RECORDED DATA)"
[[ $output =~ NAME\ +STATE\ +IMAGE\ +AGE ]] || fail "The table has no heading:" "$output"
name=$(jq --raw-output '.[0].Names[0] | ltrimstr("/")' "$recorded.json")
state=$(jq --raw-output '.[0].State' "$recorded.json")
grep --quiet --extended-regexp "^$name +$state .* [0-9]+[smhd]$" <<<"$output" || fail "No line for $name:" "$output"
ids=$(jq --compact-output 'map(.Id)' "$recorded.json")
[[ $(jq --compact-output 'map(.Id)' build/run/containers.json) == "$ids" ]] || fail "The JSON file lacks containers"

scripts/run --json --recorded --port 0 >json 2>messages </dev/null || fail "$(cat messages)"
[[ $(jq --compact-output 'map(.Id)' json) == "$ids" ]] || fail "--json printed:" "$(head -c 300 json)"
grep --quiet "RECORDED DATA" messages || fail "--json says nothing about recorded data:" "$(cat messages)"
echo "ok: --json prints only the JSON on stdout"

echo "== A list over the limit"
try env CONTAINER_COLLECTOR_MAX_ANSWER_BYTES=100 scripts/run --once --recorded --port 0
expect "too large" 1 "more than the limit of 100 bytes (--max-answer-bytes)" "because KubeDiag cannot store more" \
  "CONTAINER_COLLECTOR_MAX_ANSWER_BYTES=0 scripts/run"

echo "== A daemon that DOCKER_HOST names"
try env DOCKER_HOST=unix:///nowhere/docker.sock scripts/run --once --port 0
expect "no daemon there" 1 \
  "Cannot connect to the Docker daemon at unix:///nowhere/docker.sock. Is the docker daemon running?" \
  "To see recorded data instead: scripts/run --recorded"
expect_no "no recorded data if DOCKER_HOST names a daemon" "RECORDED DATA" "$output"
try env DOCKER_HOST=unix:///nowhere/docker.sock scripts/run --json --port 0
expect "--json without a daemon" 1 "Cannot connect to the Docker daemon"

if ! unshare --mount true 2>/dev/null; then
  skip "the rest needs the privilege to hide /run"
fi

echo "== This machine's daemon"
# Runs a command while /run holds nothing but what the code before it put there.
# Usage: try_with_run CODE COMMAND...
try_with_run() {
  # shellcheck disable=SC2016  # for the shell in the namespace
  try unshare --mount bash -c 'mount -t tmpfs run /run && eval "$1" && shift && exec "$@"' bash "$@"
}
try_with_run true scripts/run --once --port 0
expect "nothing listens" 0 "No container runtime listens on this machine." \
  "Cannot find a container runtime. These sockets do not exist: unix:///run/containerd/containerd.sock, " \
  "containers (RECORDED DATA)"
try_with_run true env CONTAINER_COLLECTOR_RUNTIME=docker scripts/run --once --port 0
expect "no Docker daemon listens" 0 "No container runtime listens" "Cannot connect to the Docker daemon at"
chmod -R a+rwX build
listen='chmod 755 /run; perl -MIO::Socket::UNIX -e "IO::Socket::UNIX->new(Local => q(/run/docker.sock), Listen => 1)"
chmod 600 /run/docker.sock'
try_with_run "$listen" setpriv --reuid=65534 --regid=65534 --clear-groups scripts/run --once --port 0
expect "permission denied" 1 "Got permission denied while trying to connect to the Docker daemon socket"
expect_no "no recorded data if the daemon may not be asked" "RECORDED DATA" "$output"
