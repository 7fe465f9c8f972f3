#!/usr/bin/env bash
# Deploys the signed artifact of this commit: `ci/deploy.sh staging|production`. Doing it twice changes nothing the second time.
# DEPLOY_TARGET: `local` (a process on this machine, with a broker beside it), or what this repository was made for: ci/deploy-<target>.sh.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:-}"
case "$environment" in
staging | production) ;;
*) die "usage: ci/deploy.sh staging|production" ;;
esac

ci/verify-signature.sh
if [[ ! "$DEPLOY_TARGET" =~ ^[a-z]+$ ]] || [ ! -f "ci/deploy-$DEPLOY_TARGET.sh" ]; then
  die "DEPLOY_TARGET is '$DEPLOY_TARGET'; it is one of: $(find ci -name 'deploy-*.sh' | sed -E 's#ci/deploy-(.*)\.sh#\1#' | sort | paste -s -d ' ')"
fi
if [ "$DEPLOY_TARGET" = local ]; then
  REDIS_URL="$(ci/broker.sh start "$environment")"
  export REDIS_URL
fi
exec "ci/deploy-$DEPLOY_TARGET.sh" "$environment"
