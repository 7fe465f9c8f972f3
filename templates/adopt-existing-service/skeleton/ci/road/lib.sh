# shellcheck shell=bash
# Sourced by the scripts of this folder. They call what the repository has, and say NOT RUN (exit 75) for what it has not.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=/dev/null
. ci/road/service.env

die() {
  echo "$*" >&2
  exit 1
}

not_run() {
  echo "NOT RUN: $*" >&2
  exit 75
}

# The package.json script of this name, if there is one.
has_npm_script() {
  node -e 'process.exit(require("./package.json").scripts?.[process.argv[1]] ? 0 : 1)' "$1"
}

install_npm() {
  if [ -f package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
  elif [ -f yarn.lock ] || [ -f pnpm-lock.yaml ]; then
    not_run "$1: packages are managed by yarn or pnpm; install them in the job before this script"
  else
    npm install --no-audit --no-fund --no-save --loglevel=error
  fi
}

install_python() {
  [ -d .venv ] || python3 -m venv --system-site-packages .venv
  local file
  for file in requirements.txt requirements-dev.txt; do
    if [ -f "$file" ]; then
      .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$file"
    fi
  done
}
