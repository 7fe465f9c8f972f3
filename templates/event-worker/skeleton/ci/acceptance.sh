#!/usr/bin/env bash
# Acceptance tests against a deployed environment: `ci/acceptance.sh staging`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:?which environment}"
if [ "$DEPLOY_TARGET" != local ] && [ -z "${REDIS_URL:-}" ]; then
  echo "NOT RUN: the broker of a cluster is not reached from here; set REDIS_URL where it is" >&2
  exit 0
fi
REDIS_URL="$(ci/broker.sh url "$environment")"
export REDIS_URL
read_deployment "$environment"
ci/install.sh
SLO_LATENCY_SECONDS="$SLO_LATENCY_SECONDS" .venv/bin/python -m pytest --quiet -p no:cacheprovider acceptance
