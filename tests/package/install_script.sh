#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# scripts/test and scripts/install_packages.sh: what they install, and that they leave the machine as it is.
# shellcheck disable=SC2016  # code for other shells
set -euo pipefail
# shellcheck source=tests/package/scripts_common.sh
source "$(dirname "$0")/scripts_common.sh"

make_tree
cd "$tree"
install_log=$tree/apt-get.log
policy=$tree/root/usr/sbin/policy-rc.d
wants=$tree/root/etc/systemd/system/multi-user.target.wants

echo "== Arguments"
try scripts/test --sanitizer adress
expect "a misspelled sanitizer is named" 2 'unknown sanitizer "adress": use address or thread'
try scripts/test --sanitizer
expect "a missing sanitizer is named" 2 '--sanitizer needs address or thread'
try scripts/test --label-regex untit
expect "a label that no test has is named" 2 'no label matches "untit": the labels are unit integration server'

try scripts/test --suite
expect "a missing suite is named" 2 "--suite needs the name of a Debian suite, e.g. sid"
try scripts/test --suite ../sid
expect "a suite is a name" 2 'not "../sid"'

echo "== Packages"
fake ctest 'exit 0'
try env FAKE_MISSING=all scripts/test --label-regex unit
expect "unit tests are installed and run" 0 "Installing g++ cmake"
installed=$(grep ' install ' "$install_log")
expect_no "unit tests need no engine" docker "$installed"
expect_no "unit tests need no clean Debian" debootstrap "$installed"
[[ $installed == *--no-remove*--no-install-recommends*catch2* ]] || fail "apt-get was called with: $installed"
try scripts/test --label-regex unit
expect_no "nothing is installed if all is there" Installing "$output"
expect_no "the tests of one label need no warning" "All tests need" "$output"
fake apt-get 'case "$*" in *--assume-no*) echo "0 upgraded, 667 newly installed, 0 to remove and 0 not upgraded."
echo "After this operation, 2,300 MB of additional disk space will be used."; exit 1 ;; esac'
try env FAKE_MISSING=all scripts/test
expect "all tests: what they need, before it is installed" 0 "All tests need about 610 packages" \
  "For the quick tests alone, stop this and run: scripts/test --label-regex unit
Installing g++ cmake" "667 newly installed, 0 to remove and 0 not upgraded.
After this operation, 2,300 MB of additional disk space will be used."
expect_no "the engine of a machine stays alone" podman \
  "$(bash -c 'source scripts/common.sh; has_command() { [[ $1 == dockerd ]]; }; engine_packages')"
expect_no "busybox stays" busybox "$(bash -c 'source scripts/common.sh; has_command() { false; }; engine_packages')"

echo "== Failures"
fake apt-get 'echo "Err:1 http://deb.debian.org Temporary failure resolving '\''deb.debian.org'\''"; exit 100'
try env FAKE_MISSING=all scripts/test --label-regex unit
expect "offline" 1 "Installing packages needs the network"
fake apt-get 'echo "E: Packages need to be removed but remove is disabled."; exit 100'
try env FAKE_MISSING=all scripts/test --label-regex unit
expect "a conflict" 1 "conflict with installed packages, and this script removes none. Nothing was changed."
try env FAKE_MISSING=curl bash -c 'source scripts/common.sh; mkdir -p log; try_install_packages log/apt.log curl || echo skipped'
expect "a package that may be missing" 0 "conflict with installed packages" skipped
mkdir old
echo "an old failure" >old/configure.log
chmod 555 old
try as_nobody bash -c 'source scripts/common.sh; quietly old/configure.log Configuring false'
expect "a log of another user" 1 "Cannot write old/configure.log: does old belong to another user?"
expect_no "an old log does not explain a new failure" "an old failure" "$output"
mkdir -m 777 log-of-nobody
fake sudo 'echo "password?"; exit 1'
try as_nobody env FAKE_MISSING=curl bash -c 'source scripts/common.sh; install_packages log-of-nobody/apt.log curl'
expect "the reason comes before sudo's prompt" 1 "Installing curl
apt-get needs root. sudo may ask for your password.
password?
sudo failed. Run this as root, then try again:"

echo "== Progress"
# A build's log names what is done, so the progress names what runs, if the command has -o among its arguments as a compiler.
mkfifo link
for case in 'terminal Building' 'terminal routes.cc.o -o out/routes.cc.o' 'pipe routes.cc.o -o out/routes.cc.o'; do
  read -r kind shown arguments <<<"$case"
  code='source scripts/common.sh; progress_seconds=0.1
    log_to build.log sh -c "echo [3/7] Building; sh -c \"read -r _\" <link '"$arguments\""
  if [[ $kind == terminal ]]; then
    script --quiet --flush --return --command "bash -c '$code'" "$kind.log" >/dev/null </dev/null &
  else
    bash -c "$code" >"$kind.log" </dev/null &
  fi
  build=$!
  # Does not wait for the reader.
  # shellcheck disable=SC2238
  exec {link}<>link
  for _ in {1..300}; do
    grep --quiet --no-messages --fixed-strings "[3/7] $shown" "$kind.log" && break
    sleep 0.1
  done
  echo >&"$link"
  exec {link}>&-
  wait "$build" || fail "The build with a $kind ended with $?"
  grep --quiet --fixed-strings "[3/7] $shown" "$kind.log" || fail "The $kind does not show $shown:" "$(cat "$kind.log")"
  echo "ok: $shown, on a $kind"
done
fake ctest 'echo "ctest got: $*"'
try script --quiet --return --command "scripts/test --label-regex unit" /dev/null
expect "ctest's own progress" 0 "ctest got: " "--progress --label-regex unit"
try scripts/test --label-regex unit
expect_no "no progress without a terminal" "--progress" "$output"

echo "== Services"
ln -s /lib/systemd/system/cron.service "$wants/cron.service"
fake apt-get 'sh "$DPKG_ROOT/usr/sbin/policy-rc.d" docker start || echo "not started: $?"
ln -s /lib/systemd/system/docker.service "$DPKG_ROOT/etc/systemd/system/multi-user.target.wants/docker.service"'
try scripts/install_packages.sh docker.io
expect "no service starts during the installation" 0 "not started: 101"
[[ $(ls "$wants") == cron.service ]] || fail "Enabled after the installation: $(ls "$wants")"
[[ ! -e $policy ]] || fail "The policy is left"
echo "an administrator's" >"$policy"
try scripts/install_packages.sh docker.io
[[ $(cat "$policy") == "an administrator's" ]] || fail "The administrator's policy is gone"
rm "$policy"

# apt-get ends when the test says so, or with its process group.
mkfifo go
exec 3<>go
fake apt-get 'ln -s /x "$DPKG_ROOT/etc/systemd/system/multi-user.target.wants/docker.service"
echo working; read -r _ <'"$tree/go"
for signal in TERM KILL; do
  rm -f "$tree/killed.log"
  setsid scripts/install_packages.sh docker.io >"$tree/killed.log" 2>&1 &
  killed=$!
  wait_for_line "$tree/killed.log" working >/dev/null
  [[ -e $policy ]] || fail "No policy while apt-get runs"
  if [[ $signal == KILL ]]; then
    kill -KILL -- "-$killed"
  else
    kill -TERM "$killed"
    echo >&3
  fi
  wait "$killed" 2>/dev/null || true
  for _ in {1..100}; do
    [[ ! -e $policy ]] && break
    sleep 0.1
  done
  [[ ! -e $policy ]] || fail "The policy is left after SIG$signal"
  [[ $(ls "$wants") == cron.service ]] || fail "Enabled after SIG$signal: $(ls "$wants")"
  echo "ok: nothing is left after SIG$signal"
done

echo "== Another suite"
fake debootstrap 'mkdir -p "$3"/etc/{dpkg/dpkg.cfg.d,apt/apt.conf.d}; echo "made $2" >>made.log'
fake apt-get 'exit 0'
fake unshare 'echo "unshare got: $*"; exit 3'
if ((EUID == 0)); then
  try scripts/test --suite sid
  expect "the fast tests run in the suite, and their status is the script's" 3 "Making a minimal Debian sid" "unshare got: " \
    "scripts/test --label-regex ^(unit|integration|server)\$"
  [[ -x build/suite-sid/src/scripts/test && ! -e build/suite-sid/src/build ]] || fail "The sources are not in the suite"
  try scripts/test --suite sid --label-regex unit
  expect "the suite stays" 3 "scripts/test --label-regex unit"
  [[ $(cat made.log) == "made sid" ]] || fail "debootstrap ran again: $(cat made.log)"
fi
try as_nobody scripts/test --suite sid
expect "only root makes a Debian" 1 "--suite needs root to make a Debian in"

echo "== Skipped tests"
fake ctest 'cat >"$PWD/build/test/ctest.xml" <<XML
<testsuite tests="2" skipped="1">
	<testcase name="engine.docker" classname="engine.docker" time="0.1" status="notrun">
		<skipped message="SKIP_RETURN_CODE=77"/>
		<properties/>
		<system-out>The engine tests did not run. This machine lacks:
  dockerd (Debian package docker.io) &amp; more
</system-out>
	</testcase>
	<testcase name="engine.podman" classname="engine.podman" time="0.1" status="run">
		<system-out>passed
</system-out>
	</testcase>
</testsuite>
XML'
try scripts/test
expect "a skipped test shows its reason" 0 "Skipped on this machine:
  engine.docker: The engine tests did not run. This machine lacks:
  engine.docker: dockerd (Debian package docker.io) & more"
expect_no "a test that ran is not listed" "engine.podman" "$output"
try env CI=true scripts/test
expect "with CI=true a skipped test is a failure" 1 "With CI=true every test has to run."
