#!/usr/bin/env bash
# Did what was deployed run, to its end, in the version it should be? `ci/smoke.sh staging|production`
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
log="${DEPLOYMENT_URL#file://}/run.log"
if [ "$DEPLOYMENT_TARGET" != local ]; then
  # What the run said that the deployment started and waited for.
  log="build/deployments/$DEPLOYMENT_ENVIRONMENT.run.log"
fi
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
