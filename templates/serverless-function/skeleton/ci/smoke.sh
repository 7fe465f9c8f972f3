#!/usr/bin/env bash
# Does what was deployed answer, as the version it should be? `ci/smoke.sh staging|production`. What runs on this machine is ready and
# measured besides; in the account the gateway and Lambda measure, and infra/aws/alarms.tf watches.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
get() {
  curl --silent --show-error --fail --max-time 5 --retry 5 --retry-delay 1 --retry-all-errors "$DEPLOYMENT_URL$1"
}

health="$(get /healthz)"
case "$health" in
*"\"version\":\"$DEPLOYMENT_RELEASE\""*) ;;
*) die "$DEPLOYMENT_URL answers $health; $DEPLOYMENT_RELEASE was deployed" ;;
esac
get "$SYNTHETIC_PATH" >/dev/null
if [ "$DEPLOYMENT_TARGET" = local ]; then
  get /readyz >/dev/null
  metrics="$(get /metrics)"
  case "$metrics" in
  *http_request_duration_seconds_count*) ;;
  *) die "$DEPLOYMENT_URL/metrics has no request metrics" ;;
  esac
fi
echo "$DEPLOYMENT_RELEASE answers in $DEPLOYMENT_ENVIRONMENT at $DEPLOYMENT_URL"
