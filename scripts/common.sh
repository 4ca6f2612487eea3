# SPDX-License-Identifier: Apache-2.0

# Sourced by the other scripts: the Debian packages that the project needs, and functions that the scripts share.
# shellcheck shell=bash disable=SC2034

scripts_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The one list of Debian packages. The names are the same in Debian 12, 13 and sid.
build_packages=(g++ cmake ninja-build pkg-config
  libcurl4-openssl-dev rapidjson-dev libprotozero-dev libcli11-dev libmicrohttpd-dev libgnutls28-dev libspdlog-dev
  prometheus-cpp-dev)
# All tests are configured together, so each label needs these.
test_build_packages=(catch2 libnghttp2-dev)
run_packages=(ca-certificates curl jq)
package_packages=(dpkg-dev file)
bench_packages=(golang-go golang-github-docker-docker-dev nginx python3)
# One version of clang-format everywhere, because each version formats in its own way.
check_packages=(git jq clang libclang-rt-dev clang-format-19 clang-tidy shellcheck)

# The labels of the tests.
test_labels=(unit integration server examples performance engine package deploy)

# Prints what the tests with a label need beside build_packages.
# Usage: test_packages LABEL
test_packages() {
  printf '%s ' "${test_build_packages[@]}"
  case $1 in
    unit) ;;
    integration | server) echo ca-certificates openssl ;;
    examples) echo libcivetweb-dev ;;
    performance) echo valgrind ;;
    engine) echo curl python3 ;;
    package)
      echo ca-certificates curl debootstrap doxygen dpkg-dev file jq lintian mandoc openssl systemd "${bench_packages[@]}"
      ;;
    deploy)
      echo curl debootstrap dpkg-dev file jq openssl prometheus python3-kubernetes python3-yaml
      # Debian's package conflicts with Kubernetes' own.
      if ! has_command kubectl; then
        echo kubernetes-client
      fi
      ;;
  esac
}

# Prints, a line each, the container engines that the engine tests run, or none if the machine has one: Debian's packages
# conflict with those of Docker and Podman themselves, and with busybox.
engine_packages() {
  if ! has_command dockerd && ! has_command podman; then
    # Podman runs crun or runc, dockerd only runc.
    printf '%s\n' docker.io podman crun runc
    # Debian 13 packages Docker's command line separately.
    # shellcheck disable=SC1091
    if [[ $(source /etc/os-release && echo "${VERSION_ID:-}") != 12 ]]; then
      echo docker-cli
    fi
  fi
  # Docker's own packages have a containerd too, and conflict with Debian's.
  if ! has_command containerd; then
    printf '%s\n' containerd runc
  fi
  echo containernetworking-plugins
  if ! is_installed busybox; then
    echo busybox-static
  fi
}

# Prints a line for each argument.
say() {
  printf '%s\n' "$@"
}

# Prints what failed, where, and what to do, and exits with 1.
die() {
  printf '%s\n' "$@" >&2
  exit 1
}

# Prints what compilers and linkers below a process write at the moment, a line each.
# Usage: running_outputs PID
running_outputs() {
  local child children
  read -ra children <<<"$(cat "/proc/$1/task/"*/children 2>/dev/null | tr '\n' ' ')"
  for child in "${children[@]}"; do
    if [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$child/cmdline") =~ ' -o '([^ ]+) ]]; then
      basename "${BASH_REMATCH[1]}"
    else
      running_outputs "$child"
    fi
  done 2>/dev/null
}

# Prints what runs: the end of a log, or what a build makes. Its log names only what is done.
# Usage: progress LOG
progress() {
  local line running
  line=$(tail -n 1 "$1" | tr -d '[:cntrl:]')
  running=$(running_outputs "$$" | sort --unique | paste --serial --delimiters=' ')
  if [[ -n $running && $line =~ ^'['[0-9/]+']' ]]; then
    line="${BASH_REMATCH[0]} $running"
  fi
  printf '%s' "$line"
}

# Without a terminal, there is a line of progress each time that so many seconds have passed.
progress_seconds=30

# Shows the progress of a command until it is killed.
# Usage: show_progress LOG
show_progress() {
  local line columns pause=0.5 sleeper='' began=$SECONDS
  [[ -t 1 ]] || pause=$progress_seconds
  columns=$(tput cols 2>/dev/null || echo 80)
  # A sleep that is left would keep the script's output open.
  trap 'kill $sleeper 2>/dev/null; exit' TERM
  while kill -0 "$$" 2>/dev/null; do
    sleep "$pause" &
    sleeper=$!
    wait "$sleeper"
    line=$(progress "$1")
    if [[ -t 1 ]]; then
      printf '\r\033[K%s' "${line:0:columns-1}"
    else
      say "  $((SECONDS - began)) s: $line"
    fi
  done
}

# Runs a command with its output in a log, and shows its progress. Returns the command's status.
# Usage: log_to LOG COMMAND...
log_to() {
  local log=$1 status=0 viewer
  shift
  # An old log must not explain a new failure.
  (rm -f "$log" && : >"$log") 2>/dev/null ||
    die "Cannot write $log: does $(dirname "$log") belong to another user? Remove it, then try again."
  show_progress "$log" &
  viewer=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$viewer"
  wait "$viewer" 2>/dev/null || true
  if [[ -t 1 ]]; then
    printf '\r\033[K'
  fi
  return "$status"
}

# Runs a command and shows its output only if it fails.
# Usage: quietly LOG WHAT COMMAND...
quietly() {
  local log=$1 what=$2
  shift 2
  if ! log_to "$log" "$@"; then
    tail -n 40 "$log" >&2
    die "" "$what failed. The end of its output is above. The whole output is in $log"
  fi
}

# An ordinary user's PATH lacks the directories of root's programs.
has_command() {
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin type -P "$1" >/dev/null
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

# Prints the mirror from which this machine installs Debian, or nothing if it does not tell.
debian_mirror() {
  # shellcheck disable=SC2016  # apt-get fills this in
  apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Created-By: Packages' | sort --unique | head -n 1
}

# Prints what to do about a failure of apt-get, as far as its log tells.
# Usage: apt_advice LOG...
apt_advice() {
  if grep --quiet --no-messages 'remove is disabled' "$@"; then
    say "These packages conflict with installed packages, and this script removes none. Nothing was changed."
  elif grep --quiet --no-messages --extended-regexp \
    'Temporary failure resolving|Could not resolve|Could not connect|Unable to connect|Failed to fetch' "$@"; then
    say "Installing packages needs the network: check the connection and /etc/apt/sources.list*."
  fi
}

# Installs those of the packages that are missing. Calls apt-get only if there are any. Returns 1 if apt-get failed.
# Usage: try_install_packages LOG PACKAGE...
try_install_packages() {
  local log=$1 package missing=()
  shift
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is not Debian, so nothing is installed. Needed are these packages of Debian: $*"
    return
  fi
  for package in "$@"; do
    if ! is_installed "$package" && [[ " ${missing[*]} " != *" $package "* ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then
    return
  fi
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    die "Packages are missing, and there is no sudo to install them with. Run this as root, then try again:" \
      "  apt-get install --no-install-recommends --no-remove ${missing[*]}"
  fi
  say "Installing ${missing[*]}"
  if ((EUID != 0)); then
    say "apt-get needs root. sudo may ask for your password."
    sudo true || die "sudo failed. Run this as root, then try again:" \
      "  apt-get install --no-install-recommends --no-remove ${missing[*]}"
  fi
  # A failed update matters only if a package cannot be installed afterwards.
  local update_log=${log%.log}-update.log
  log_to "$update_log" as_root apt-get --option DPkg::Lock::Timeout=300 update ||
    say "apt-get update failed, see $update_log"
  as_root env LC_ALL=C apt-get --assume-no --no-remove --no-install-recommends install "${missing[@]}" 2>/dev/null |
    grep --extended-regexp ' newly installed|^After this operation' || true
  if ! log_to "$log" as_root "$scripts_dir/install_packages.sh" "${missing[@]}"; then
    tail -n 20 "$log" >&2
    say "" "apt-get install failed. The end of its output is above. The whole output is in $log" \
      "$(apt_advice "$log" "$update_log")" >&2
    return 1
  fi
}

# Usage: install_packages LOG PACKAGE...
install_packages() {
  try_install_packages "$@" || exit 1
}
