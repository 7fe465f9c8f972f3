#!/usr/bin/env bash
# Did what was deployed run, to its end, in the version it should be? `ci/smoke.sh staging|production`
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
# On a cluster, the deployment itself waited for a run.
[ "$DEPLOYMENT_TARGET" = local ] || exit 0
log="${DEPLOYMENT_URL#file://}/run.log"
last="$(tail -n 1 "$log")"
case "$last" in
*'"msg": "succeeded"'*) ;;
*) die "the run in $DEPLOYMENT_ENVIRONMENT ended with: $last" ;;
esac
case "$last" in
*"\"version\": \"$DEPLOYMENT_RELEASE\""*) ;;
*) die "$DEPLOYMENT_RELEASE was deployed, but what ran says: $last" ;;
esac
echo "$DEPLOYMENT_RELEASE ran in $DEPLOYMENT_ENVIRONMENT"
