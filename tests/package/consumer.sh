#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The installed library through find_package(), with C++17, C++20 and without run-time type information, and through
# pkg-config.
# Usage: consumer.sh PREFIX
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

prefix=$1
build=$(fresh_directory "consumer-$(basename "$prefix")")

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

PKG_CONFIG_PATH=$(dirname "$(find "$prefix/" -name containercollector.pc)")
export PKG_CONFIG_PATH
for static in '' --static; do
  read -ra flags <<<"$(pkg-config $static --cflags --libs containercollector)"
  echo "g++ main.cc ${flags[*]}"
  g++ -std=c++17 -o "$build/consumer" "$package_tests/consumer/main.cc" "${flags[@]}"
  try_consumer LD_LIBRARY_PATH="$(pkg-config --variable=libdir containercollector)" "$build/consumer"
done
