#!/usr/bin/env bash
# Acceptance tests against a deployed environment: `ci/acceptance.sh staging`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
ci/install.sh
BASE_URL="$DEPLOYMENT_URL" .venv/bin/python -m pytest --quiet -p no:cacheprovider acceptance
