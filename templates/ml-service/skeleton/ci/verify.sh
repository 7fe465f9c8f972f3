#!/usr/bin/env bash
# Everything the pipeline does up to staging, on this machine: what passes here passes there. Nothing is reported or released.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
export DEPLOY_TARGET=local

not_run=()
stage() {
  local status=0
  printf '\n== %s\n' "$1"
  "${@:2}" || status=$?
  case "$status" in
  0) ;;
  75) not_run+=("$1") ;;
  *) die "stopped at: $1" ;;
  esac
}

trap 'ci/stop.sh staging' EXIT
stage 'lint' ci/lint.sh
stage 'unit test' ci/unit-test.sh
stage 'train and evaluate' ci/train.sh
stage 'build' ci/build.sh
stage 'scan' ci/scan.sh
stage 'SBOM' ci/sbom.sh
stage 'sign' ci/sign.sh
stage 'deploy to staging' ci/deploy.sh staging
stage 'smoke test' ci/smoke.sh staging
stage 'acceptance test' ci/acceptance.sh staging

printf '\nverified %s\n' "$RELEASE"
if [ ${#not_run[@]} -gt 0 ]; then
  printf 'NOT RUN in full: %s\n' "${not_run[@]}"
fi
