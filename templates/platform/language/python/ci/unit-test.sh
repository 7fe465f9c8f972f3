#!/usr/bin/env bash
# Unit tests.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/install.sh
.venv/bin/python -m pytest --quiet -p no:cacheprovider tests
