#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The systemd unit: well formed, and confined.
# Usage: service.sh SERVER
set -euo pipefail
# shellcheck source=tests/package/common.sh
source "$(dirname "$0")/common.sh"

directory=$(fresh_directory service)
unit=$directory/container-collector.service
# systemd looks whether the program is there.
sed "s,^ExecStart=/usr/bin/container-collector,ExecStart=$1," "$source_dir/deploy/systemd/container-collector.service" >"$unit"
systemd-analyze verify --man=no --recursive-errors=no "$unit"
# The threshold is ten times the exposure level that systemd counts.
systemd-analyze security --no-pager --offline=true --threshold=20 "$unit" | tail -n 1

# The configuration file: as it comes, and with all that it proposes.
config=$source_dir/deploy/systemd/container-collector.conf
"$1" --config "$config" --version
sed 's/^#\([a-z-]*=\)/\1/' "$config" >"$directory/all.conf"
"$1" --config "$directory/all.conf" --version
