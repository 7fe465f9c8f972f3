#!/usr/bin/env bash
# Load test against a deployed environment: `RATE=200 DURATION_SECONDS=30 ci/load.sh staging`. Fails when an objective is missed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:?which environment}"
if [ "$DEPLOY_TARGET" != local ]; then
  echo "NOT RUN: broker and metrics of a cluster are not reached from here" >&2
  exit 75
fi
REDIS_URL="$(ci/broker.sh url "$environment")"
export REDIS_URL
read_deployment "$environment"
ci/install.sh
BASE_URL="$DEPLOYMENT_URL" PYTHONPATH=src .venv/bin/python load/load.py
