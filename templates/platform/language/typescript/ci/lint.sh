#!/usr/bin/env bash
# Style, types and suspicious code.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/install.sh
npm run --silent lint
