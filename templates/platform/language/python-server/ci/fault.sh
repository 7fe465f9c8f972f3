#!/usr/bin/env bash
# Fault experiment on this machine; docs/runbooks/fault-termination.md says what to expect and what to do.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/install.sh
.venv/bin/python faults/termination.py
