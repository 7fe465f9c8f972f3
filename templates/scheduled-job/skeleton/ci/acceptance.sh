#!/usr/bin/env bash
# Acceptance tests of a deployed run and of what it left: `ci/acceptance.sh staging`. On a cluster the deployment ran it, and its log says how
# it went; the results are in a store of your own there, which DATA_DIR names when this job can reach it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
tests=(acceptance)
if [ "$DEPLOYMENT_TARGET" = local ]; then
  RUN_LOG="${DEPLOYMENT_URL#file://}/run.log"
  DATA_DIR="${DEPLOYMENT_URL#file://}/data"
else
  RUN_LOG="build/deployments/$DEPLOYMENT_ENVIRONMENT.run.log"
  if [ -z "${DATA_DIR:-}" ]; then
    echo "NOT RUN: the tests of the results themselves: DATA_DIR does not say where this job reaches those of $DEPLOYMENT_ENVIRONMENT" >&2
    tests=(acceptance/test_run.py)
  fi
fi
ci/install.sh
DATA_DIR="${DATA_DIR:-}" RUN_LOG="$RUN_LOG" DEADLINE_SECONDS="$SLO_LATENCY_SECONDS" \
  .venv/bin/python -m pytest --quiet -p no:cacheprovider "${tests[@]}"
