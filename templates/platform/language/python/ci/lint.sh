#!/usr/bin/env bash
# Style, types and suspicious code. 75: ruff is nowhere to be had, so style was not looked at; the pipeline stops there as for a finding,
# unless RUFF_ABSENT=list says that what was not looked at is to be listed.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/install.sh
has_ruff() { .venv/bin/python -c 'import ruff' 2>/dev/null; }
if ! has_ruff; then
  # The machine's own packages serve. ruff is none of them, and has no dependencies: it may be had by itself.
  # shellcheck source=ci/python/pip.sh
  . ci/python/pip.sh
  awk '/^ruff==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements-dev.txt >.venv/ruff.txt
  pip_install --python .venv/bin/python -- --requirement .venv/ruff.txt 2>.venv/ruff.log || true
fi
if has_ruff; then
  .venv/bin/python -m ruff check --quiet .
  .venv/bin/python -m ruff format --quiet --check .
fi
.venv/bin/python -m mypy --no-error-summary
if ! has_ruff; then
  if [ "${RUFF_ABSENT:-stop}" != list ]; then
    echo "NOT RUN: ruff, which is not installed: style and suspicious code were not looked at" >&2
    exit 75
  fi
  echo "NOT RUN: ruff: no package index within reach has it: style and suspicious code were not looked at" >&2
fi
