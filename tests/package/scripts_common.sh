# SPDX-License-Identifier: Apache-2.0

# Sourced by the tests of scripts/: a copy of the scripts, with programs of Debian and CMake replaced, so that nothing is
# installed or built.
# shellcheck shell=bash disable=SC2016
# shellcheck source=tests/package/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Makes the copy in $tree, and $fakes, a directory for programs that come first in PATH.
make_tree() {
  tree=$(mktemp -d)
  # Ordinary users take part in the tests.
  chmod 755 "$tree"
  trap 'rm -rf "$tree"' EXIT
  fakes=$tree/fakes
  mkdir -p "$fakes" "$tree/root/usr/sbin" "$tree/root/etc/systemd/system/multi-user.target.wants"
  cp -r "$source_dir/scripts" "$tree/scripts"
  PATH=$fakes:$PATH
  export DPKG_ROOT=$tree/root
  # As a user runs them; a test that means CI sets it.
  unset CI
  # Every package is installed, unless $FAKE_MISSING names it.
  fake dpkg-query 'case " ${FAKE_MISSING:-} " in *" ${!#} "* | " all ") exit 1 ;; esac; printf installed'
  fake cmake 'exit 0'
  fake apt-get 'echo "$*" >>"${0%/*}/../apt-get.log"'
}

# Usage: fake PROGRAM BASH-CODE
fake() {
  printf '#!/bin/bash\n%s\n' "$2" >"$fakes/$1"
  chmod 755 "$fakes/$1"
}

# Runs a command; leaves its status in $status and its output, both streams, in $output.
try() {
  status=0
  output=$("$@" 2>&1 </dev/null) || status=$?
}

# Usage: expect WHAT STATUS TEXT...: the last command ended with STATUS and printed each TEXT
expect() {
  local what=$1 wanted=$2 text
  shift 2
  [[ $status == "$wanted" ]] || fail "$what: exit code $status instead of $wanted:" "$output"
  for text in "$@"; do
    [[ $output == *"$text"* ]] || fail "$what: \"$text\" is missing in:" "$output"
  done
  echo "ok: $what"
}

# Usage: expect_no WHAT TEXT VALUE: VALUE does not contain TEXT
expect_no() {
  [[ $3 != *"$2"* ]] || fail "$1: \"$2\" is in:" "$3"
  echo "ok: $1"
}

# Runs a command as a user without rights.
as_nobody() {
  if ((EUID == 0)); then
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
  else
    "$@"
  fi
}
