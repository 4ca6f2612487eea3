#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The systemd unit is well formed and sandboxed, and its reload reaches the server.
# Usage: service.sh SERVER
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

server=$1
unit_source=$source_dir/deploy/systemd/container-collector.service
directory=$(fresh_directory service)

# Prints the unit with the server of this build, because systemd checks that the program exists.
# Usage: with_server UNIT
with_server() {
  sed "s,^ExecStart=/usr/bin/container-collector,ExecStart=$server," "$1"
}

# systemd-analyze succeeds in spite of warnings, for example about a property that it does not know.
# Usage: verify UNIT
verify() {
  local warnings
  warnings=$(systemd-analyze verify --man=no --recursive-errors=no "$1" 2>&1) || fail "systemd rejects the unit:" "$warnings"
  [[ -z $warnings ]] || fail "systemd warns of the unit:" "$warnings"
}

# Usage: has PROPERTY=VALUE
has() {
  grep --quiet --line-regexp --fixed-strings -e "$1" "$unit_source" || fail "The unit lacks the line $1"
}

unit=$directory/container-collector.service
with_server "$unit_source" >"$unit"
verify "$unit"
# The threshold is ten times the exposure level that systemd prints.
systemd-analyze security --no-pager --offline=true --threshold=20 "$unit" | tail -n 1

has Type=notify
has Restart=on-failure
# The exit code of an error of the configuration.
has RestartPreventExitStatus=2
status=0
"$server" --port many >/dev/null 2>&1 || status=$?
((status == 2)) || fail "The server exits with $status after an error of the configuration"
has MemoryMax=1G
has StandardError=journal
has SyslogLevelPrefix=yes

# The commented lines for TLS are valid too, and set variables that the server knows.
mkdir "$directory/tls"
unit=$directory/tls/container-collector.service
with_server <(sed --regexp-extended 's/^#(LoadCredential|Environment)=/\1=/' "$unit_source") >"$unit"
(($(grep --count --extended-regexp '^(LoadCredential|Environment)=' "$unit") == 3)) || fail "The lines for TLS are missing"
verify "$unit"
help=$("$server" --help)
mapfile -t variables < <(grep --only-matching 'CONTAINER_COLLECTOR_[A-Z_]*' "$unit")
for variable in "${variables[@]}"; do
  grep --quiet "$variable" <<<"$help" || fail "The server does not know $variable, which the unit sets"
done

# The commented lines for a container runtime are valid too. A socket of root alone needs no capability of root.
mkdir "$directory/root"
unit=$directory/root/container-collector.service
with_server <(sed --regexp-extended 's/^#(DynamicUser|User)=/\1=/' "$unit_source") >"$unit"
[[ $(grep --extended-regexp '^(DynamicUser|User)=' "$unit") == $'DynamicUser=yes\nDynamicUser=no\nUser=root' ]] ||
  fail "The lines for a container runtime are missing"
verify "$unit"
has CapabilityBoundingSet=

# The reload works without any program besides the shell, which every Debian has.
reload=$(sed --quiet 's/^ExecReload=//p' "$unit_source")
[[ $reload == /bin/sh\ * ]] || fail "ExecReload= needs another program than the shell: $reload"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=test \
  -out "$directory/tls.crt" -keyout "$directory/tls.key" 2>/dev/null
"$server" --port 0 --docker-endpoint unix:///nowhere --tls-cert "$directory/tls.crt" --tls-key "$directory/tls.key" \
  >"$directory/out" 2>"$directory/log" &
pid=$!
trap 'kill "$pid"' EXIT
wait_for_line "$directory/out" 'Listening on ' >/dev/null
# As systemd runs it: with this variable, and the quotes of the unit.
eval "env --ignore-environment MAINPID=$pid PATH=/nowhere $reload"
wait_for_line "$directory/log" '.*msg="certificates reloaded"'
kill -0 "$pid" || fail "The reload ended the server"

# The file with the flags: as installed it sets none, and every commented line is valid.
has EnvironmentFile=-/etc/default/container-collector
file=$source_dir/deploy/systemd/container-collector.default
! grep --extended-regexp --invert-match '^(#|$)' "$file" || fail "The installed file sets flags"
mapfile -t assignments < <(sed --quiet 's/^#\(CONTAINER_COLLECTOR_\)/\1/p' "$file")
((${#assignments[@]} == 6)) || fail "$file has ${#assignments[@]} flags"
env "${assignments[@]}" "$server" --check-config
