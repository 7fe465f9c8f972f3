#!/usr/bin/env bash
# Load test against a deployed environment: `RATE=50 DURATION_SECONDS=30 ci/load.sh staging`. Fails when an objective is missed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
BASE_URL="$DEPLOYMENT_URL" python3 load/load.py
