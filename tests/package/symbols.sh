#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The symbols that the shared library exports. A line that disappears breaks programs that were linked before; a line that
# appears is a promise. Decide on both, then update symbols.txt.
# Usage: symbols.sh PREFIX
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

library=$(readlink --canonicalize "$(find "$1/" -name libcontainercollector.so)")
exported=$WORK/symbols.txt
# Weak symbols are instances of templates; each program has its own.
nm --dynamic --demangle --defined-only "$library" | sed -n 's/^[0-9a-f]* [TDBRV] //p' | grep 'containercollector::' |
  LC_ALL=C sort --unique >"$exported"
if ! diff --unified "$package_tests/symbols.txt" "$exported"; then
  fail "" "$library does not export what tests/package/symbols.txt lists." "If this is intended: cp $exported $package_tests/"
fi
echo "$(wc -l <"$exported") symbols"
