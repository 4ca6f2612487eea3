#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The man page is well formed and describes exactly the flags of the server.
# Usage: manual.sh SERVER
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

page=$source_dir/docs/container-collector.1
mandoc -T lint -W warning "$page"

# In the page's source the first dash of a flag is the macro's.
in_page=$(sed -n 's/^\.It Fl \(h , \)\?\(-[a-z-]*\).*/-\2/p' "$page" | LC_ALL=C sort --unique)
in_help=$("$1" --help | grep --only-matching -e '^  -[-a-z,]*' | grep --only-matching -e '--[a-z-]*' | LC_ALL=C sort --unique)
diff --label "the man page" --label "--help" --unified <(echo "$in_page") <(echo "$in_help") ||
  fail "The man page and --help do not have the same flags."
