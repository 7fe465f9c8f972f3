#!/usr/bin/env bash
# Acceptance tests against a deployed environment: `ci/acceptance.sh staging`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:?which environment}"
if [ "$DEPLOY_TARGET" != local ] && [ -z "${REDIS_URL:-}" ]; then
  # The stage stops here: a release whose acceptance nobody looked at does not go to production.
  echo "NOT RUN: acceptance publishes events itself; set REDIS_URL to where this job reaches the broker of $environment" >&2
  exit 75
fi
REDIS_URL="$(ci/broker.sh url "$environment")"
export REDIS_URL
read_deployment "$environment"
ci/install.sh
SLO_LATENCY_SECONDS="$SLO_LATENCY_SECONDS" .venv/bin/python -m pytest --quiet -p no:cacheprovider acceptance
