#!/usr/bin/env bash
# Deploys the signed artifact of this commit: `ci/deploy.sh staging|production`. Doing it twice changes nothing the second time.
# DEPLOY_TARGET: `local` (a process on this machine) or `kubernetes`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:-}"
case "$environment" in
staging | production) ;;
*) die "usage: ci/deploy.sh staging|production" ;;
esac

ci/verify-signature.sh
case "$DEPLOY_TARGET" in
local) exec ci/deploy-local.sh "$environment" ;;
kubernetes) exec ci/deploy-kubernetes.sh "$environment" ;;
*) die "DEPLOY_TARGET is '$DEPLOY_TARGET'; it is 'local' or 'kubernetes'" ;;
esac
