#!/usr/bin/env bash
# Makes the locks anew from pyproject.toml, each dependency with its hashes. Needs the package index and uv (https://docs.astral.sh/uv).
set -euo pipefail
cd "$(dirname "$0")/.."

command -v uv >/dev/null || {
  echo "NOT RUN: uv is not installed" >&2
  exit 75
}
version="$(cat .python-version)"
uv pip compile --quiet --python-version "$version" --universal --generate-hashes --no-header --extra tracing \
  --output-file requirements.txt pyproject.toml
uv pip compile --quiet --python-version "$version" --universal --generate-hashes --no-header --extra tracing --extra dev \
  --output-file requirements-dev.txt pyproject.toml
ci/install.sh
