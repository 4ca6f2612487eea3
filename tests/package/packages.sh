#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the Debian packages, checks them with lintian, and unpacks them for the tests of a shared library.
# Usage: packages.sh PREFIX
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

command -v dpkg-shlibdeps >/dev/null || skip "there is no dpkg-shlibdeps (Debian package dpkg-dev)"
"$source_dir/scripts/package" "$WORK/debian"
# shellcheck disable=SC1091
release=$(source /etc/os-release && echo "${VERSION_ID:-}")
for package in "$WORK"/debian/*.deb; do
  version=$(dpkg --field "$package" Version)
  [[ $version == *-1${release:+"~deb${release}u1"} ]] || fail "$package has version $version"
done
command -v lintian >/dev/null || skip "there is no lintian (Debian package lintian)"
lintian --allow-root --fail-on error "$WORK"/debian/*.deb
unpacked=$(fresh_directory unpacked)
for package in "$WORK"/debian/*.deb; do
  dpkg --field "$package" Package Version Depends
  dpkg --extract "$package" "$unpacked"
done
rm -rf "$1"
ln -s "$unpacked/usr" "$1"
