#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/bench with the programs of this build: that it measures everything and fills the pages.
# Usage: bench_script.sh BUILD-DIRECTORY
set -euo pipefail
# shellcheck source=tests/package/scripts_common.sh
source "$(dirname "$0")/scripts_common.sh"

programs=(bench/load bench/generate_node bench/json_bench bench/worst_bench bench/cri_bench
  server/container-collector tests/support/recorded-daemon)

for program in go nginx python3; do
  PATH=$PATH:/usr/sbin type -P "$program" >/dev/null || skip "there is no $program"
done
[[ -d /usr/share/gocode/src/github.com/docker/docker/api/types ]] ||
  skip "Docker's types for Go are missing (Debian package golang-github-docker-docker-dev)"

make_tree
for program in "${programs[@]}"; do
  install -D "$1/$program" "$tree/build/bench/$program"
done
cp -r "$source_dir"/{README.md,bench,docs} "$tree"
mkdir -p "$tree/tests/data"
cp -r "$source_dir/tests/data/recorded" "$tree/tests/data/recorded"
cp -r "$source_dir/tests/engine" "$tree/tests/engine"
cd "$tree"

echo "== Arguments"
try scripts/bench --quik
expect "a misspelled argument is named" 2 'unknown argument "--quik"'
try scripts/bench --output
expect "a missing directory is named" 2 "--output needs a directory"

echo "== A quick run"
try scripts/bench --quick --output pages
expect "a quick run" 0 "Wrote pages/docs/performance.md"
echo "$output"
cmp --quiet README.md "$source_dir/README.md" || fail "--output did not keep README.md"
cmp --quiet docs/performance.md "$source_dir/docs/performance.md" || fail "--output did not keep docs/performance.md"
for name in targets requests memory small json worst cri; do
  rows=$(sed -n "/^<!-- $name -->/,/^<!-- \/$name -->/p" pages/docs/performance.md | grep --count '^| .*[0-9]' || true)
  ((rows > 0)) || fail "The table \"$name\" is empty"
done
echo "ok: each table has rows"
grep --quiet '| 10,000 |.*| container-collector |' pages/docs/performance.md || fail "No memory for 10,000 containers"
if sed -n '/^<!-- requests -->/,/^<!-- \/requests -->/p' pages/docs/performance.md |
  grep --extended-regexp '^\| (stand-in|dockerd) ' | grep --invert-match '| 0 |$'; then
  fail "Requests failed"
fi
echo "ok: no request failed"
sed -n '/^<!-- performance -->/,/^<!-- \/performance -->/p' pages/README.md | grep --quiet 'requests/s with 64 clients' ||
  fail "README.md has no figures"
grep --quiet 'daemon requests per collection, steady state | 1 | 1 | yes' pages/docs/performance.md ||
  fail "A collection is not one request of the daemon"
for name in json memory requests; do
  python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "pages/docs/performance/$name.svg"
done
echo "ok: the plots are XML"
expect_no "the pages do not name the machine" "$(hostname)" "$(cat pages/docs/performance.md pages/README.md)"
