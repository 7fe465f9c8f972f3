#!/usr/bin/env bash
# Fault experiment on this machine; docs/runbooks/fault-termination.md says what to expect and what to do. Needs the artifact of
# ci/build.sh, and builds it when there is none.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ -f "build/$ARTIFACT.tar.gz" ] || ci/build.sh
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
tar --extract --gzip --file "build/$ARTIFACT.tar.gz" --directory "$work"
node faults/termination.mjs "$work/start"
