#!/usr/bin/env bash
# Installs exactly what the lockfile names.
set -euo pipefail
cd "$(dirname "$0")/.."

# Every job installs for itself (jobs share nothing but artifacts); an install that is already right is left alone.
stamp="node_modules/.lockfile-sha256"
want="$(openssl dgst -sha256 -r package-lock.json | cut -d ' ' -f 1) $(node --version)"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
  exit 0
fi
npm ci --prefer-offline --no-audit --no-fund --loglevel=error
echo "$want" >"$stamp"
