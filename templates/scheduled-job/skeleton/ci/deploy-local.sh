#!/usr/bin/env bash
# Puts the artifact in place on this machine and runs it once; only when that run succeeds, the release is the current one. The day it
# runs for is fixed, so that deploying twice gives the same result twice.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
root="${DEPLOY_ROOT:-${XDG_STATE_HOME:-$HOME/.local/state}/pavedroad-deployments}/$SERVICE_NAME/$environment"
mkdir -p "$root/data"
digest="$(sha256 "build/$ARTIFACT.tar.gz")"
release="$root/releases/$ARTIFACT-${digest:0:12}"

current_digest="" current_since=""
if [ -f "$root/current.env" ]; then
  # shellcheck source=/dev/null
  . "$root/current.env"
  if [ "$current_digest" = "$digest" ]; then
    echo "$ARTIFACT is already in place in $environment"
    write_deployment "$environment" "file://$root" "$current_since"
    exit 0
  fi
fi

if [ ! -d "$release" ]; then
  mkdir -p "$release.partial"
  tar --extract --gzip --file "build/$ARTIFACT.tar.gz" --directory "$release.partial"
  # The artifact's folder is of 1970, and what is old is removed below.
  touch "$release.partial"
  mv "$release.partial" "$release"
fi

if ! DEPLOYMENT_ENVIRONMENT="$environment" DATA_DIR="$root/data" RUN_FOR="${RUN_FOR:-2026-01-01}" \
  DEADLINE_SECONDS="$SLO_LATENCY_SECONDS" "$release/start" >"$root/run.log" 2>&1; then
  tail -n 20 "$root/run.log" >&2
  die "$ARTIFACT did not run in $environment; the release before it stays in place"
fi

since="$(now)"
printf 'current_digest=%s\ncurrent_since=%s\n' "$digest" "$since" >"$root/current.env.new"
mv "$root/current.env.new" "$root/current.env"
# The release before this one stays, to go back to.
find "$root/releases" -mindepth 1 -maxdepth 1 -type d ! -path "$release" -mtime +7 -exec rm -rf {} +

write_deployment "$environment" "file://$root" "$since"
echo "deployed $ARTIFACT to $environment: $release/start runs it (log of the first run: $root/run.log)"
