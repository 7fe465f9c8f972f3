#!/usr/bin/env bash
# Stops what ci/deploy.sh started on this machine, the worker before its broker: `ci/stop.sh staging`. Other targets are left alone.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ "$DEPLOY_TARGET" = local ] || exit 0
root="${DEPLOY_ROOT:-${XDG_STATE_HOME:-$HOME/.local/state}/pavedroad-deployments}/$SERVICE_NAME/${1:?which environment}"
current_pid="" current_start=""
if [ -f "$root/current.env" ]; then
  # shellcheck source=/dev/null
  . "$root/current.env"
  rm -f "$root/current.env"
fi
if runs_since "$current_pid" "$current_start" && kill -TERM "$current_pid" 2>/dev/null; then
  for attempt in $(seq 1 300); do
    runs_since "$current_pid" "$current_start" || break
    [ "$attempt" -lt 300 ] || die "process $current_pid did not stop within 30 seconds"
    sleep 0.1
  done
fi
ci/broker.sh stop "$1"
