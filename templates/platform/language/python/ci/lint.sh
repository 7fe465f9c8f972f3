#!/usr/bin/env bash
# Style, types and suspicious code.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/install.sh
if .venv/bin/python -c 'import ruff' 2>/dev/null; then
  .venv/bin/python -m ruff check --quiet .
  .venv/bin/python -m ruff format --quiet --check .
fi
.venv/bin/python -m mypy --no-error-summary
