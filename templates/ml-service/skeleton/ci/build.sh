#!/usr/bin/env bash
# Builds the one artifact every later stage uses: build/<name>-<version>-<commit>.tar.gz, the same bytes for the same commit.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

ci/install.sh
rm -rf build
stage="build/stage"
mkdir -p "$stage/lib"
cp -R src/. "$stage/lib/"
find "$stage/lib" -name __pycache__ -prune -exec rm -rf {} +
# The model that was promoted travels with the service, and no other.
model="$(sed -n 's/.*"version": "\([0-9a-f]*\)".*/\1/p' models/current.json)"
[ -n "$model" ] || die "no model was promoted: run make promote"
mkdir -p "$stage/models/$model"
cp models/current.json "$stage/models/"
cp "models/$model/model.json" "$stage/models/$model/"
module="$(basename src/*/)"
python=python3
if [ -f .venv/provided ]; then
  [ "$DEPLOY_TARGET" = local ] || die "the package index does not answer: only a local deployment can do without the dependencies in the artifact"
  # What is left out is not hidden: an image of this artifact is refused (Dockerfile), it runs on this machine only.
  echo "NOT RUN: the artifact does not carry its dependencies; it runs on the packages of this machine" >&2
  python="$(readlink -f .venv/bin/python)"
else
  # shellcheck source=ci/python/pip.sh
  . ci/python/pip.sh
  pip_install -- --requirement requirements.txt --target "$stage/lib" --no-compile
  # Console scripts name the interpreter of this machine.
  rm -rf "$stage/lib/bin"
  touch "$stage/lib/COMPLETE"
fi
echo "$RELEASE" >"$stage/RELEASE"
cat >"$stage/start" <<START
#!/bin/sh
cd "\$(dirname "\$0")" && PYTHONPATH=lib PYTHONDONTWRITEBYTECODE=1 exec $python -m $module
START
chmod +x "$stage/start"

pack_artifact "$stage"
rm -rf "$stage"
