#!/usr/bin/env bash
# Builds the one artifact every later stage uses: build/<name>-<version>-<commit>.tar.gz, the same bytes for the same commit. In it:
#   function.zip   what Lambda runs, in the account and here
#   start          serves that same zip on this machine (local/), with the routes of routes.json
set -euo pipefail
. "$(dirname "$0")/lib.sh"

ci/install.sh
rm -rf dist build
npm run --silent build

stage="build/stage"
mkdir -p "$stage"
node ci/bundle.mjs "$stage"
cp routes.json "$stage/"
cat >"$stage/start" <<'START'
#!/bin/sh
cd "$(dirname "$0")" && exec node --enable-source-maps runner.mjs
START
chmod +x "$stage/start"

pack_artifact "$stage"
rm -rf "$stage"
