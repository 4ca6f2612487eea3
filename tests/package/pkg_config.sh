#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The installed library through pkg-config and g++ alone.
# Usage: pkg_config.sh PREFIX [--static]
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

prefix=$1
shift
build=$(fresh_directory "pkg_config-$(basename "$prefix")${1:-}")
file=$(find "$prefix/" -name containercollector.pc)
PKG_CONFIG_PATH=$(dirname "$file")
export PKG_CONFIG_PATH

read -ra flags <<<"$(pkg-config "$@" --cflags --libs containercollector)"
printf 'g++ main.cc'
printf ' %s' "${flags[@]}"
echo
g++ -std=c++17 -o "$build/consumer" "$package_tests/consumer/main.cc" "${flags[@]}"
try_consumer LD_LIBRARY_PATH="$(pkg-config --variable=libdir containercollector)" "$build/consumer"
