#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts the instructions of decoding and encoding JSON with callgrind. Fails if one takes over 5 % more than the figure
# in instructions.txt.
# Usage: instructions.sh PROGRAM COMPILER, for example build/test/tests/performance/transcode GNU-12-x86_64
set -euo pipefail

program=$1
compiler=$2
figures=$(dirname "$0")/instructions.txt
allowed_percent=5

skip() {
  printf 'Skipped: %s\n' "$@" >&2
  exit 77
}

# Prints the instructions of one run.
# Usage: count_instructions WHAT
count_instructions() {
  local log
  log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='*Measured*' "$program" "$1" 2>&1) || {
    printf '%s\n' "$log" >&2
    return 1
  }
  sed -n 's/.*Collected : \([1-9][0-9]*\)$/\1/p' <<<"$log"
}

command -v valgrind >/dev/null || skip "there is no valgrind"
grep --quiet avx2 /proc/cpuinfo ||
  skip "the figures are for a CPU with AVX2: the C library has other functions for other CPUs"
grep --quiet "^$compiler " "$figures" ||
  skip "instructions.txt has no figures for $compiler: the compilers of Debian 12 and 13 have some"

failed=0
while read -r of what figure; do
  [[ $of == "$compiler" ]] || continue
  count=$(count_instructions "$what")
  [[ -n $count ]] || {
    echo "callgrind counted nothing for $what" >&2
    exit 1
  }
  printf '%s: %d instructions, %+.1f %%\n' "$what" "$count" "$(((count - figure) * 1000 / figure))e-1"
  if ((count * 100 > figure * (100 + allowed_percent))); then
    echo "That is over $allowed_percent % more than the figure for $compiler, $figure." \
      "Make it faster, or write the new figure in tests/performance/instructions.txt and say why in the commit." >&2
    failed=1
  fi
done <"$figures"
exit "$failed"
