#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each installed header by itself: it compiles alone, and shows nothing of libcurl or RapidJSON.
# Usage: headers.sh PREFIX
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

include=$1/include
count=0
for header in "$include"/containercollector/*.h; do
  name=containercollector/$(basename "$header")
  for standard in 17 20; do
    used=$(echo "#include \"$name\"" |
      g++ -x c++ -std=c++$standard -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I "$include" -M -)
    echo "#include \"$name\"" |
      g++ -x c++ -std=c++$standard -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I "$include" -fsyntax-only -
    if grep --quiet -e '/curl/' -e '/rapidjson/' <<<"$used"; then
      fail "$name includes what is private to the library:" "$(grep -e '/curl/' -e '/rapidjson/' <<<"$used")"
    fi
  done
  count=$((count + 1))
done
((count > 0)) || fail "There are no headers in $include"
echo "$count headers"
