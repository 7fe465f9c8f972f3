#!/usr/bin/env bash
# Nothing was deployed, so that nothing is reported: a removal is no deployment and counts in no delivery metric.
set -euo pipefail
echo "taken out of service: nothing was deployed, nothing is reported"
