# SPDX-License-Identifier: Apache-2.0

# Sourced by the tests of this directory. RECORDED_DAEMON is the stand-in for a Docker daemon, WORK where the test may
# write.
# shellcheck shell=bash

package_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$package_tests/../.." && pwd)
recorded=$source_dir/tests/data/recorded/docker-20.10.24

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Ends the test as one that cannot run on this machine.
skip() {
  printf 'Skipped: %s\n' "$@" >&2
  exit 77
}

# Prints the path of an empty directory.
# Usage: fresh_directory NAME
fresh_directory() {
  rm -rf "${WORK:?}/$1"
  mkdir -p "$WORK/$1"
  printf '%s\n' "$WORK/$1"
}

# What the consumer has to print when it asks the stand-in.
expected_lines() {
  jq --raw-output '.[] | .Id + " " + .State' "$recorded.json"
}

# Waits until a file holds a line that begins so, and prints the line.
# Usage: wait_for_line FILE BEGINNING
wait_for_line() {
  for _ in {1..100}; do
    if grep --no-messages "^$2" "$1"; then
      return
    fi
    sleep 0.1
  done
  fail "No line \"$2…\" came:" "$(cat "$1")"
}

# Runs the consumer against the stand-in, and then with no daemon there: it has to list what was recorded, and to fail
# with the library's text.
# Usage: try_consumer [VARIABLE=VALUE...] PROGRAM
try_consumer() {
  local directory pid output status=0
  # Not in WORK: the path of a unix socket is at most 107 bytes long.
  directory=$(mktemp -d)
  "$RECORDED_DAEMON" --socket "$directory/docker.sock" --containers "$recorded.json" \
    --version "$recorded.version.json" >"$directory/log" 2>&1 &
  pid=$!
  wait_for_line "$directory/log" recorded >/dev/null
  output=$(env DOCKER_HOST="unix://$directory/docker.sock" "$@") || status=$?
  kill "$pid"
  wait "$pid" || true
  rm -rf "$directory"
  if ((status != 0)) || [[ $output != "$(expected_lines)" ]]; then
    fail "$* ended with $status and printed:" "$output"
  fi

  status=0
  output=$(env DOCKER_HOST=unix:///nowhere/docker.sock "$@" 2>&1) || status=$?
  if ((status != 1)) ||
    [[ $output != "Cannot connect to the Docker daemon at unix:///nowhere/docker.sock. Is the docker daemon running?" ]]; then
    fail "$* without a daemon ended with $status and printed:" "$output"
  fi
  printf 'ok: %s\n' "$*"
}
