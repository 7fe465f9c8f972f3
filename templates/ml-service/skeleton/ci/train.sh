#!/usr/bin/env bash
# Trains and evaluates: the data is what its manifest names, this commit's data, parameters and code make a model that is in models/ byte for
# byte, and that one and the one that is served reach training/thresholds.json. Writes nothing but build/reports/training.json.
set -euo pipefail
cd "$(dirname "$0")/.."

ci/install.sh
PYTHONPATH=src .venv/bin/python -m training.train --check
