#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/package and deploy/image/build for another architecture: what they install, configure and build. Nothing is
# compiled.
# Usage: package_script.sh
# shellcheck disable=SC2016  # the code of the fakes
set -euo pipefail
# shellcheck source=tests/package/scripts_common.sh
source "$(dirname "$0")/scripts_common.sh"

make_tree
cp -r "$source_dir"/{CMakeLists.txt,cmake,deploy} "$tree"
cd "$tree"
fake dpkg 'case $1 in --print-architecture) echo "${FAKE_NATIVE:-amd64}" ;; *) echo "${FAKE_FOREIGN:-i386}" ;; esac'
fake dpkg-architecture 'echo aarch64-linux-gnu'
fake dpkg-buildflags 'exit 0'
fake cmake 'echo "cmake $*, for ${DEB_HOST_ARCH:-this machine} ${DEB_HOST_MULTIARCH:-}" >>"${0%/*}/../build.log"'
fake cpack 'touch "${!#}/container-collector_1.deb" "${!#}/libcontainercollector0.1_1.deb"'
fake engine 'echo "engine $*" >>"${0%/*}/../build.log"'

echo "== Arguments"
try scripts/package --arch mips
expect "another architecture" 1 "--arch takes arm64."
try scripts/package --arch
expect "no architecture" 1 "--arch takes arm64."
try scripts/package --arhc arm64
expect "a misspelled argument" 2 "Usage: scripts/package [--arch arm64] [BUILD-DIRECTORY]"
try scripts/package --arch arm64
expect "apt-get does not know the architecture" 1 "apt-get does not know packages of arm64 on this machine." \
  "dpkg --add-architecture arm64 && apt-get update"

export FAKE_FOREIGN=arm64
echo "== Packages for arm64"
FAKE_MISSING=all try scripts/package --arch arm64
expect "programs of this machine, libraries of arm64" 0 build/package-arm64/container-collector_1.deb \
  crossbuild-essential-arm64 " libcurl4-openssl-dev:arm64 " " cmake " " rapidjson-dev "
expect_no "the compiler of this machine" " g++" "$output"
output=$(cat build.log)
expect "the cross compiler" 0 "--preset debian -B build/package-arm64 --toolchain $tree/cmake/Arm64.cmake" \
  ", for arm64 aarch64-linux-gnu"

echo "== Packages for this machine's architecture"
rm build.log
FAKE_NATIVE=arm64 try scripts/package --arch arm64
expect "arm64 on arm64" 0 build/package-arm64/container-collector_1.deb
try scripts/package
expect "the default" 0 build/package/container-collector_1.deb
expect_no "no cross compiler" toolchain "$(cat build.log)"

echo "== Images"
rm build.log
ENGINE=engine BASE=base:1 try deploy/image/build
expect "this machine's" 0 "Built localhost/container-collector:"
expect_no "no platform" platform "$(grep ^engine build.log)"
FAKE_NATIVE=arm64 ENGINE=engine BASE=base:1 try deploy/image/build --arch arm64 some/image:1
expect "arm64's" 0 "Built some/image:1"
output=$(cat build.log)
expect "arm64's platform" 0 "engine build --platform linux/arm64 --build-arg BASE=base:1"
if [[ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]]; then
  ENGINE=engine try deploy/image/build --arch arm64
  expect "a machine that cannot run arm64's programs" 1 "The build runs programs of arm64, which this machine cannot." \
    "apt-get install qemu-user-static"
fi
