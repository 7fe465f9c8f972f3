#!/usr/bin/env bash
# Is what was deployed alive, ready, measured, the version it should be, and does an event get through? `ci/smoke.sh staging|production`
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:?which environment}"
if [ "$DEPLOY_TARGET" != local ]; then
  # The deployment itself waited until every replica was ready and a canary got through.
  read_deployment "$environment"
  exit 0
fi
REDIS_URL="$(ci/broker.sh url "$environment")"
export REDIS_URL
read_deployment "$environment"
get() {
  curl --silent --show-error --fail --max-time 5 --retry 5 --retry-delay 1 --retry-all-errors "$DEPLOYMENT_URL$1"
}

get /readyz >/dev/null
health="$(get /healthz)"
case "$health" in
*"\"version\":\"$DEPLOYMENT_RELEASE\""*) ;;
*) die "$DEPLOYMENT_URL answers $health; $DEPLOYMENT_RELEASE was deployed" ;;
esac
metrics="$(get /metrics)"
case "$metrics" in
*worker_lag_seconds\{*) ;;
*) die "$DEPLOYMENT_URL/metrics does not say how far behind the worker is" ;;
esac
ci/install.sh
PYTHONPATH=src .venv/bin/python -m worker canary --patience "$SLO_LATENCY_SECONDS" || die "no event gets through in $DEPLOYMENT_ENVIRONMENT"
echo "$DEPLOYMENT_RELEASE works in $DEPLOYMENT_ENVIRONMENT at $DEPLOYMENT_URL"
