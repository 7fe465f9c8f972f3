#!/usr/bin/env bash
# Fault experiment on this machine; docs/runbooks/fault-interruption.md says what to expect and what to do.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v redis-server >/dev/null || {
  echo "NOT RUN: redis-server is not installed here" >&2
  exit 75
}
ci/install.sh
PYTHONPATH=src .venv/bin/python faults/interruption.py
