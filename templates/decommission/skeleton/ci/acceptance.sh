#!/usr/bin/env bash
# What was taken down accepts nothing. `ci/acceptance.sh staging`
set -euo pipefail
echo "taken out of service: there is nothing to accept in ${1:?which environment}"
