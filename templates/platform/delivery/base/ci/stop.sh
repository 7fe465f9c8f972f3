#!/usr/bin/env bash
# Stops what ci/deploy.sh started on this machine: `ci/stop.sh staging`. Other targets are left alone.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ "$DEPLOY_TARGET" = local ] || exit 0
root="${DEPLOY_ROOT:-${XDG_STATE_HOME:-$HOME/.local/state}/pavedroad-deployments}/$SERVICE_NAME/${1:?which environment}"
[ -f "$root/current.env" ] || exit 0
current_pid="" current_start=""
# shellcheck source=/dev/null
. "$root/current.env"
rm -f "$root/current.env"
runs_since "$current_pid" "$current_start" || exit 0
kill -TERM "$current_pid" 2>/dev/null || exit 0
for _ in $(seq 1 300); do
  runs_since "$current_pid" "$current_start" || exit 0
  sleep 0.1
done
die "process $current_pid did not stop within 30 seconds"
