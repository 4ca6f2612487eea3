# SPDX-License-Identifier: Apache-2.0

# Sourced by the tests of this directory. RECORDED_DAEMON is the program that stands in for a Docker daemon, WORK the
# directory for the tests' files.
# shellcheck shell=bash

package_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$package_tests/../.." && pwd)
recorded=$source_dir/tests/data/recorded/docker-20.10.24

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Ends the test as skipped, because it cannot run on this machine.
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

# Makes a minimal Debian of this machine's release in a directory, from this machine's mirror.
# Usage: make_debian DIRECTORY
make_debian() {
  local mirror codename
  # shellcheck source=/dev/null
  mirror=$(source "$source_dir/scripts/common.sh" && debian_mirror)
  # shellcheck disable=SC1091
  codename=$(source /etc/os-release && echo "$VERSION_CODENAME")
  debootstrap --variant=minbase "$codename" "$1" ${mirror:+"$mirror"} >"$WORK/debootstrap.log" 2>&1 ||
    fail "$(tail -n 30 "$WORK/debootstrap.log")"
  # These files need not survive a crash of the machine.
  echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/force-unsafe-io"
}

# Prints what the consumer prints if it asks the stand-in.
expected_lines() {
  jq --raw-output '.[] | .Id + " " + .State' "$recorded.json"
}

# Waits for a line with this beginning in a file, and prints the line.
# Usage: wait_for_line FILE BEGINNING
wait_for_line() {
  for _ in {1..100}; do
    if grep --no-messages "^$2" "$1"; then
      return
    fi
    sleep 0.1
  done
  fail "The line \"$2…\" is missing:" "$(cat "$1")"
}

# Runs the consumer against the stand-in, where it has to list the recorded containers, and without a daemon, where it has
# to fail with the library's text.
# Usage: try_consumer [VARIABLE=VALUE...] PROGRAM
try_consumer() {
  local directory pid output status=0
  # Not in WORK: the path of a Unix socket has at most 107 bytes.
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
