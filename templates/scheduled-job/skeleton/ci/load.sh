#!/usr/bin/env bash
# Runs the job on far more than a day brings, `RECORDS=200000 ci/load.sh staging`, and compares with its deadline.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

ci/install.sh
DEADLINE_SECONDS="$SLO_LATENCY_SECONDS" .venv/bin/python load/load.py
