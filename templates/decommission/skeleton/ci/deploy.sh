#!/usr/bin/env bash
# This is being taken out of service: the pipeline's deployment takes it down. `ci/deploy.sh staging|production`
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:-}"
case "$environment" in
staging | production) ;;
*) die "usage: ci/deploy.sh staging|production" ;;
esac
# Where it is reached, which the next stage asks whether it is gone.
url="${SERVICE_URL:-none}"
current="${DEPLOY_ROOT:-${XDG_STATE_HOME:-$HOME/.local/state}/pavedroad-deployments}/$SERVICE_NAME/$environment/current.env"
if [ "$DEPLOY_TARGET" = local ] && [ -f "$current" ]; then
  current_url=""
  # shellcheck source=/dev/null
  . "$current"
  url="${current_url:-none}"
fi
ci/undeploy.sh "$environment"
write_deployment "$environment" "$url" "$(now)"
