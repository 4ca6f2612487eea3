# SPDX-License-Identifier: Apache-2.0

# Sourced by the other scripts: the Debian packages that the project needs, and what the scripts have in common.
# shellcheck shell=bash disable=SC2034

# The one list of Debian packages; the names are the same in Debian 12 and 13.
build_packages=(g++ cmake ninja-build pkg-config
  libcurl4-openssl-dev rapidjson-dev libcli11-dev libmicrohttpd-dev libgnutls28-dev libspdlog-dev prometheus-cpp-dev)
run_packages=(curl jq)
# Podman runs crun or runc, dockerd only runc. libcivetweb-dev is for an example; debootstrap to systemd are for the tests
# of the Debian packages; python3-yaml to prometheus for those of deploy/.
test_packages=(catch2 curl jq openssl docker.io podman crun runc busybox-static
  libcivetweb-dev debootstrap dpkg-dev file mandoc doxygen systemd
  python3-yaml python3-kubernetes prometheus)
# Since Debian 13 Docker's command line is a package of its own.
# shellcheck disable=SC1091
if [[ $(source /etc/os-release && echo "${VERSION_ID:-}") != 12 ]]; then
  test_packages+=(docker-cli)
fi
# Debian's kubectl and Kubernetes' own package have the same file.
if ! command -v kubectl >/dev/null; then
  test_packages+=(kubernetes-client)
fi
package_packages=(dpkg-dev file)
# clang-format in one version everywhere, because another formats otherwise.
check_packages=(git jq clang libclang-rt-dev clang-format-19 clang-tidy shellcheck)

# What is happening, for people: a line for each argument.
say() {
  printf '%s\n' "$@"
}

# What went wrong, where, and what to do, a line each. Ends the script.
die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Runs a command whose output matters only when it fails.
# Usage: quietly LOG WHAT COMMAND...
quietly() {
  local log=$1 what=$2
  shift 2
  if ! "$@" >"$log" 2>&1 </dev/null; then
    tail -n 40 "$log" >&2
    die "" "$what failed. The end of its output is above; all of it is in $log"
  fi
}

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo "$@"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get --yes --option DPkg::Lock::Timeout=300 "$@"
}

# Runs a command while Debian starts no services, which it does when it installs one: nobody who runs the tests asked
# for a Docker daemon of the whole machine.
without_starting_services() {
  local policy=/usr/sbin/policy-rc.d
  if [[ -e $policy ]]; then
    "$@"
    return
  fi
  (
    trap 'as_root rm -f "$policy"' EXIT
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
    "$@"
  )
}

# Installs those of the packages that are missing; calls apt only when there are any.
# Usage: install_packages LOG PACKAGE...
install_packages() {
  local log=$1 package missing=()
  shift
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is not Debian, so nothing is installed; needed is what Debian has in: $*"
    return
  fi
  for package in "$@"; do
    if ! is_installed "$package"; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then
    return
  fi
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      die "Packages are missing, and there is no sudo to install them with. As root, run this, then try again:" \
        "  apt-get install --no-install-recommends ${missing[*]}"
    # Asks for the password here, where it can be seen.
    sudo true
  fi
  say "Installing ${missing[*]}"
  # An archive that does not answer need not be the one that has the packages: whether it matters shows below.
  local update_log=${log%.log}-update.log
  apt_get update >"$update_log" 2>&1 </dev/null || say "apt-get update failed, see $update_log"
  without_starting_services \
    quietly "$log" "apt-get install" apt_get install --no-install-recommends "${missing[@]}"
}
