#!/usr/bin/env bash
# Acceptance tests of what a deployed run left: `ci/acceptance.sh staging`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
if [ "$DEPLOYMENT_TARGET" != local ]; then
  echo "NOT RUN: the results in a cluster are in its own store; name it in ci/acceptance.sh" >&2
  exit 0
fi
ci/install.sh
DATA_DIR="${DEPLOYMENT_URL#file://}/data" RUN_FOR="${RUN_FOR:-2026-01-01}" \
  .venv/bin/python -m pytest --quiet -p no:cacheprovider acceptance
