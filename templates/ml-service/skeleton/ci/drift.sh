#!/usr/bin/env bash
# The drift check of an environment: `ci/drift.sh production`. PROMETHEUS_URL is asked for a day of all replicas; without one, what was
# deployed from here (or SERVICE_URL) for its counts since it started. Exit 1: drift. 75: nothing to go by.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:?which environment}"
METRICS_URL="${METRICS_URL:-}"
if [ -z "${PROMETHEUS_URL:-}" ]; then
  if [ -f "build/deployments/$environment.env" ]; then
    read_deployment "$environment"
    METRICS_URL="$DEPLOYMENT_URL/metrics"
  elif [ -n "${SERVICE_URL:-}" ]; then
    METRICS_URL="${SERVICE_URL%/}/metrics"
  fi
fi
export METRICS_URL
ci/install.sh
PYTHONPATH=src .venv/bin/python -m training.drift
