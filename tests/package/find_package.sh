#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The installed library through find_package(), with C++17, C++20 and without run-time type information.
# Usage: find_package.sh PREFIX
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

prefix=$1
build=$(fresh_directory "find_package-$(basename "$prefix")")

configure() {
  cmake -S "$package_tests/consumer" -B "$build" -DCMAKE_PREFIX_PATH="$prefix" "$@" >"$build.log" 2>&1
}

for flags in -std=c++17 -std=c++20 "-std=c++17 -fno-rtti"; do
  configure -DWANTED_VERSION=0.1 -DCMAKE_CXX_FLAGS="$flags -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror" ||
    fail "$(cat "$build.log")"
  cmake --build "$build" --clean-first
  try_consumer "$build/consumer"
done

# A compatible version is one with the same minor version.
for version in 0.0 0.2 1; do
  rm -rf "$build"
  if configure -DWANTED_VERSION=$version; then
    fail "find_package(containercollector $version) accepted version 0.1"
  fi
done
