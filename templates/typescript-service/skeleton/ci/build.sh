#!/usr/bin/env bash
# Builds the one artifact every later stage uses: build/<name>-<version>-<commit>.tar.gz, the same bytes for the same commit.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

ci/install.sh
rm -rf dist build
npm run --silent build

stage="build/stage"
mkdir -p "$stage/dist"
cp -R dist/src "$stage/dist/src"
cp package.json package-lock.json "$stage/"
# It is built: a platform that builds what has a script for it would look for sources that are not there.
(cd "$stage" && npm pkg delete scripts.build && npm ci --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error)
# npm keeps a copy of the lockfile here that differs between npm versions; nothing reads it at run time.
rm -f "$stage/node_modules/.package-lock.json"
echo "$RELEASE" >"$stage/RELEASE"
cat >"$stage/start" <<'START'
#!/bin/sh
cd "$(dirname "$0")" && exec node --enable-source-maps dist/src/main.js
START
chmod +x "$stage/start"

pack_artifact "$stage"
rm -rf "$stage"
