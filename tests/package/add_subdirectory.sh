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
# Usage: expect_installed BUILD-DIRECTORY FILE...
expect_installed() {
  local build=$1 installed
  shift
  cmake --install "$build" --prefix "$build/installed"
  installed=$(cd "$build/installed" && find . ! -type d | sort | xargs)
  [[ $installed == "$*" ]] || fail "Installed with the consumer: $installed"
}
expect_installed "$build" ./bin/consumer

# Without the CRI, on a machine without protozero; and shared, so that the consumer needs the library where it is installed.
docker_only=$(fresh_directory docker_only)
configure "$docker_only" -DCONTAINERCOLLECTOR_SOURCE="$source_dir" -DBUILD_SHARED_LIBS=ON -DCONTAINERCOLLECTOR_CRI=OFF \
  -DCMAKE_IGNORE_PATH=/usr/include -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_RPATH="\$ORIGIN/../lib"
cmake --build "$docker_only"
if ninja -C "$docker_only" -t deps | grep protozero; then
  fail "Without the CRI, the library includes protozero"
fi
printed=$("$docker_only/without_cri")
[[ $printed == "docker
invalid_argument: This library was built without the CRI: use a DockerClient, or build it with -DCONTAINERCOLLECTOR_CRI=ON" ]] ||
  fail "Without the CRI:" "$printed"
expect_installed "$docker_only" ./bin/consumer ./lib/libcontainercollector.so.0.1 ./lib/libcontainercollector.so.0.1.0
mv "$docker_only/containercollector" "$docker_only/moved"
try_consumer "$docker_only/installed/bin/consumer"

# Everything that is missing is named at once, with what does without it.
missing=$(fresh_directory missing)
if printed=$(PKG_CONFIG_LIBDIR=/nowhere cmake -S "$source_dir" -B "$missing" -G Ninja -DCMAKE_IGNORE_PATH=/usr/include \
  -DCMAKE_DISABLE_FIND_PACKAGE_{RapidJSON,CLI11,prometheus-cpp}=ON 2>&1); then
  fail "Configured although dependencies are missing:" "$printed"
fi
expected='Not found: RapidJSON, protozero/pbf_reader.hpp, CLI11, prometheus-cpp, gnutls, libmicrohttpd>=0.9.75. On Debian:
apt-get install rapidjson-dev libprotozero-dev libcli11-dev prometheus-cpp-dev libgnutls28-dev libmicrohttpd-dev
The library alone needs less: -DCONTAINERCOLLECTOR_BUILD_SERVER=OFF -DCONTAINERCOLLECTOR_BUILD_EXAMPLES=OFF
For Docker alone, the library does without protozero: -DCONTAINERCOLLECTOR_CRI=OFF'
[[ $(xargs <<<"$printed") == *"$(xargs <<<"$expected")"* ]] || fail "What is missing is not named:" "$printed"

# FetchContent adds the same directory, so what it would build is enough.
fetched=$(fresh_directory fetch_content)
configure "$fetched" -DWITH_FETCH_CONTENT=ON -DFETCHCONTENT_SOURCE_DIR_CONTAINERCOLLECTOR="$source_dir"
sources=$(jq --raw-output '.[].file' "$build/compile_commands.json" | sort)
[[ $(jq --raw-output '.[].file' "$fetched/compile_commands.json" | sort) == "$sources" ]] ||
  fail "FetchContent builds something else than add_subdirectory:" "$(jq --raw-output '.[].file' "$fetched/compile_commands.json")"
