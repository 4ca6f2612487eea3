#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The library as a subdirectory of another project: nothing but the library is built, and only its own dependencies are
# needed.
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

# Usage: configure BUILD-DIRECTORY CMAKE-ARGUMENT...
configure() {
  cmake -S "$package_tests/subdirectory" -B "$@" -G Ninja -DCMAKE_EXPORT_COMPILE_COMMANDS=ON \
    -DCMAKE_DISABLE_FIND_PACKAGE_{CLI11,spdlog,prometheus-cpp,PkgConfig,Threads,Catch2,Doxygen}=ON
}

build=$(fresh_directory add_subdirectory)
configure "$build" -DCONTAINERCOLLECTOR_SOURCE="$source_dir"
cmake --build "$build"
try_consumer "$build/consumer"

commands=$(jq --raw-output '.[].command' "$build/compile_commands.json")
if grep --invert-match --quiet '/lib/src/\|/consumer/main.cc' <<<"$commands"; then
  fail "Not only the library is built:" "$commands"
fi
if grep '/consumer/main.cc' <<<"$commands" | grep --quiet -e ' -W' -e ' -f' -e ' -O' -e ' -D'; then
  fail "The library's flags reach the consumer:" "$commands"
fi
cmake --install "$build" --prefix "$build/installed"
if [[ -e $build/installed ]]; then
  fail "The library is installed with the consumer:" "$(find "$build/installed")"
fi

# FetchContent adds the same directory, so what it would build is enough.
fetched=$(fresh_directory fetch_content)
configure "$fetched" -DWITH_FETCH_CONTENT=ON -DFETCHCONTENT_SOURCE_DIR_CONTAINERCOLLECTOR="$source_dir"
sources=$(jq --raw-output '.[].file' "$build/compile_commands.json" | sort)
[[ $(jq --raw-output '.[].file' "$fetched/compile_commands.json" | sort) == "$sources" ]] ||
  fail "FetchContent builds something else than add_subdirectory:" "$(jq --raw-output '.[].file' "$fetched/compile_commands.json")"
