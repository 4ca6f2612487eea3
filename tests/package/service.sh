#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The systemd unit is well formed and sandboxed.
# Usage: service.sh SERVER
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

directory=$(fresh_directory service)
unit=$directory/container-collector.service
# systemd checks that the program exists.
sed "s,^ExecStart=/usr/bin/container-collector,ExecStart=$1," "$source_dir/deploy/systemd/container-collector.service" >"$unit"
systemd-analyze verify --man=no --recursive-errors=no "$unit"
# The threshold is ten times the exposure level that systemd prints.
systemd-analyze security --no-pager --offline=true --threshold=20 "$unit" | tail -n 1

# The configuration file: as installed, and with every commented line active.
config=$source_dir/deploy/systemd/container-collector.conf
"$1" --config "$config" --version
sed 's/^#\([a-z-]*=\)/\1/' "$config" >"$directory/all.conf"
"$1" --config "$directory/all.conf" --version
