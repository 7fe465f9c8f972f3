#!/usr/bin/env bash
# Unit tests.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/install.sh
npm test --silent
