#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages on a minimal Debian: installed with what they depend on, used, and purged.
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

((EUID == 0)) || skip "only root can make a Debian root directory"
command -v debootstrap >/dev/null || skip "there is no debootstrap"

root=
stand_in=
server=

# shellcheck disable=SC2317  # called by a trap
clean_up() {
  for pid in $server $stand_in; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" || true
  done
  if [[ -n $root ]]; then
    rm -rf "$root"
  fi
}
trap clean_up EXIT

# Installs our package of that name, and Debian's of the other names.
# Usage: install PACKAGE [DEBIAN-PACKAGE...]
install() {
  local file
  file=/root/$(basename "$WORK/debian/$1"_*.deb)
  shift
  "${in_root[@]}" apt-get install --yes --no-install-recommends "$file" "$@" >>"$WORK/root-apt.log" 2>&1 ||
    fail "$(tail -n 30 "$WORK/root-apt.log")"
}

root=$(fresh_directory root)
# An array and not a function, so that a program in the background has its own process id.
in_root=(chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
make_debian "$root"
rm -f "$WORK/root-apt.log"
cp "$WORK"/debian/*.deb "$RECORDED_DAEMON" "$recorded.json" "$recorded.version.json" "$package_tests/consumer"/* "$root/root"

echo "== The server"
install libcontainercollector0.1
install container-collector
"${in_root[@]}" container-collector --version
[[ -f $root/lib/systemd/system/container-collector.service ]] || fail "The systemd unit is missing"
"${in_root[@]}" getent group docker >/dev/null || fail "There is no group docker"
"${in_root[@]}" /root/recorded-daemon --socket /run/docker.sock --containers "/root/$(basename "$recorded.json")" \
  --version "/root/$(basename "$recorded.version.json")" >"$WORK/stand-in.log" 2>&1 &
stand_in=$!
wait_for_line "$WORK/stand-in.log" recorded >/dev/null
[[ -f $root/etc/default/container-collector ]] || fail "The file with the flags of the service is missing"
"${in_root[@]}" container-collector --port 0 \
  --docker-endpoint unix:///run/docker.sock >"$WORK/server.log" 2>&1 &
server=$!
url=$(wait_for_line "$WORK/server.log" 'Listening on ' | cut -d ' ' -f 3)
response=$(curl --silent --show-error --fail --noproxy '*' --request POST "$url/processor/containercollector" |
  jq --raw-output '.[] | .Id + " " + .State')
[[ $response == "$(expected_lines)" ]] || fail "The server returned:" "$response"
kill "$server"
wait "$server" || fail "The server ended with $? after SIGTERM:" "$(cat "$WORK/server.log")"
server=

echo "== A consumer, by pkg-config and by CMake"
install libcontainercollector-dev g++ make cmake pkg-config
for private in /usr/include/*/curl /usr/include/rapidjson; do
  if [[ -e $root$private ]]; then
    fail "$private exists, so the test cannot show that the public headers do without it"
  fi
done
try() {
  local output
  output=$("${in_root[@]}" env DOCKER_HOST=unix:///run/docker.sock "$1")
  [[ $output == "$(expected_lines)" ]] || fail "$1 printed:" "$output"
}
# shellcheck disable=SC2016  # for the shell in the root
"${in_root[@]}" sh -c 'set -x; g++ -std=c++17 -o /root/by-pkg-config /root/main.cc $(pkg-config --cflags --libs containercollector)'
try /root/by-pkg-config
"${in_root[@]}" sh -c 'set -x; cmake -S /root -B /root/build -DWANTED_VERSION=0.1 && cmake --build /root/build'
try /root/build/consumer

for file in use-from-your-processor.md examples/list_containers.cc; do
  [[ -f $root/usr/share/doc/libcontainercollector-dev/$file ]] || fail "$file is missing"
done
# shellcheck disable=SC2016
"${in_root[@]}" sh -ec 'for header in /usr/include/containercollector/*.h; do
  g++ -x c++ -std=c++17 -fsyntax-only -include "$header" /dev/null
done'

echo "== The static library"
install libcontainercollector-dev libcurl4-openssl-dev
"${in_root[@]}" sh -c 'set -x; g++ -std=c++17 -o /root/static /root/main.cc -l:libcontainercollector.a -lcurl'
if "${in_root[@]}" sh -c 'ldd /root/static' | grep --quiet libcontainercollector; then
  fail "The static program needs the shared library"
fi
try /root/static

echo "== Purged"
"${in_root[@]}" apt-get purge --yes container-collector libcontainercollector-dev libcontainercollector0.1 >>"$WORK/root-apt.log" 2>&1
left=$(find "$root/etc" "$root/usr" -name '*container-collector*' -o -name '*containercollector*')
[[ -z $left ]] || fail "Purging left:" "$left"
