#!/usr/bin/env bash
# Takes away what ci/deploy.sh put in place on this machine: `ci/stop.sh staging`. A job is not running between its runs.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ "$DEPLOY_TARGET" = local ] || exit 0
rm -f "${DEPLOY_ROOT:-${XDG_STATE_HOME:-$HOME/.local/state}/pavedroad-deployments}/$SERVICE_NAME/${1:?which environment}/current.env"
