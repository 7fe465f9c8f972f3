#!/usr/bin/env bash
# Is what was deployed alive, ready, measured, and the version it should be? `ci/smoke.sh staging|production`
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
get() {
  curl --silent --show-error --fail --max-time 5 --retry 5 --retry-delay 1 --retry-all-errors "$DEPLOYMENT_URL$1"
}

get /readyz >/dev/null
health="$(get /healthz)"
case "$health" in
*"\"version\":\"$DEPLOYMENT_RELEASE\""*) ;;
*) die "$DEPLOYMENT_URL answers $health; $DEPLOYMENT_RELEASE was deployed" ;;
esac
# Elsewhere they are for the monitoring, and nobody shows them at the public address.
if [ "$DEPLOYMENT_TARGET" = local ]; then
  metrics="$(get /metrics)"
  case "$metrics" in
  *http_request_duration_seconds*) ;;
  *) die "$DEPLOYMENT_URL/metrics has no request metrics" ;;
  esac
fi
echo "$DEPLOYMENT_RELEASE answers in $DEPLOYMENT_ENVIRONMENT at $DEPLOYMENT_URL"
