#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the walls between the folders by #include lines: each third-party library stays in its place, and each layer
# knows only the layers below it. docs/architecture.md describes them.
# Usage: walls.sh [SOURCE-DIRECTORY]
set -euo pipefail

cd "${1:-$(dirname "$0")/../..}"
failed=0

# Prints the #include lines below the paths that match: FILE:LINE:#include …
# Usage: includes_of REGEX PATH...
includes_of() {
  local regex=$1
  shift
  grep --recursive --line-number --extended-regexp --include='*.h' --include='*.h.in' --include='*.cc' \
    "^[[:space:]]*#[[:space:]]*include[[:space:]]*$regex" "$@" || (($? == 1))
}

# Usage: report WALL LINES
report() {
  if [[ -n $2 ]]; then
    printf '%s:\n%s\n' "$1" "$2" >&2
    failed=1
  fi
}

# Only files whose path begins with PATH-REGEX may include what HEADER-REGEX matches.
# Usage: only_in PATH-REGEX HEADER-REGEX WALL
only_in() {
  local lines
  lines=$(includes_of "$2" lib server examples)
  if [[ -z $lines ]]; then
    report "$3" "No file includes $2: is the wall still where this check looks for it?"
  fi
  report "$3" "$(grep --invert-match --extended-regexp "^$1" <<<"$lines" || true)"
}

# The files below DIRECTORY may not include what HEADER-REGEX matches.
# Usage: never_in DIRECTORY HEADER-REGEX WALL
never_in() {
  report "$3" "$(includes_of "$2" "$1")"
}

only_in 'lib/src/http/' '<curl/' 'Only lib/src/http includes libcurl'
only_in 'lib/src/json/' '<rapidjson/' 'Only lib/src/json includes RapidJSON'
only_in 'lib/src/cri/' '<protozero/' 'Only lib/src/cri includes protozero'
only_in 'server/http/' '<(microhttpd|gnutls/)' 'Only server/http includes libmicrohttpd and GnuTLS'
only_in 'server/metrics' '<prometheus/' 'Only server/metrics includes prometheus-cpp'
only_in 'server/log' '<spdlog/' 'Only server/log includes spdlog'
only_in '(server/(options|flags|flag_sources)\.|examples/)' '<CLI/' "Only the server's flags and the examples include CLI11"

never_in lib '"(server|examples|tests|bench)/' 'The library includes nothing of its users'
never_in lib/src/json '"lib/src/(http|docker|cri)/' 'lib/src/json knows no protocol'
never_in lib/src/http '"lib/src/(docker|cri)/' 'lib/src/http knows neither Docker nor the CRI'
never_in lib/src/docker '"lib/src/cri/' 'lib/src/docker includes nothing of lib/src/cri'
never_in lib/src/cri '"lib/src/docker/' 'lib/src/cri includes nothing of lib/src/docker'
never_in examples '"(lib|server|tests)/' 'The examples include only public headers'
never_in server '"(lib|tests|bench|examples)/' 'The server includes only public headers of the library'
never_in server/http '"(containercollector/|server/(collect/|app|metrics|options|routes))' \
  'server/http knows nothing of containers'
never_in server/collect '"server/http/' 'server/collect knows nothing of HTTP'

# A public header needs only the standard library, whose headers have no dot and no slash, and its own neighbors.
public=$(includes_of '' lib/include | grep --invert-match --extended-regexp \
  'include[[:space:]]*(<[a-z_]+>|"containercollector/[a-z_]+\.h")$' || true)
report 'Public headers include only the standard library and each other' "$public"

((failed == 0)) || exit 1
echo "The walls stand."
