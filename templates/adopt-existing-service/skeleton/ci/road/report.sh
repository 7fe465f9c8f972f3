#!/usr/bin/env bash
# Tells the portal what your pipeline deployed: `ci/road/report.sh production`, after the deployment. One CDEvents `service.deployed`;
# sending it twice counts once. PORTAL_URL and PORTAL_TOKEN come from the CI system.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

environment="${1:-}"
[[ "$environment" =~ ^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$ ]] || die "usage: ci/road/report.sh <environment>"
if [ -z "$PORTAL_URL" ] || [ -z "${PORTAL_TOKEN:-}" ]; then
  not_run "the deployment is not reported, PORTAL_URL or PORTAL_TOKEN is not set"
fi
commit="${DEPLOYED_COMMIT:-${CI_COMMIT_SHA:-${GITHUB_SHA:-${GIT_COMMIT:-$(git rev-parse HEAD)}}}}"
[[ "$commit" =~ ^[0-9a-f]{40}([0-9a-f]{24})?$ ]] || die "'$commit' is no full commit id"
at="$(date -u +%Y-%m-%dT%H:%M:%SZ)"
run="${CI_JOB_URL:-${GITHUB_RUN_ID:-${BUILD_URL:-$at}}}"
source="${CI_PROJECT_URL:-${GITHUB_REPOSITORY:+${GITHUB_SERVER_URL:-}/$GITHUB_REPOSITORY}}"
source="${source:-local:/$SERVICE_NAME}"
# The same deployment has the same id however often it is sent.
id="$(printf '%s\n' "$COMPONENT_REF" "$environment" "$commit" "$run" | openssl dgst -sha256 -r | cut -d ' ' -f 1)"
response="$(mktemp)"
trap 'rm -f "$response"' EXIT
# The token stays out of the list of processes.
status="$(
  curl --silent --show-error --max-time 20 --retry 4 --retry-delay 2 --retry-connrefused --config <(
    printf 'header = "Authorization: Bearer %s"\n' "$PORTAL_TOKEN"
  ) --output "$response" --write-out '%{http_code}' --header 'Content-Type: application/cloudevents+json' \
    --data-binary @- "${PORTAL_URL%/}/api/dora/events" <<JSON
{
  "specversion": "1.0",
  "id": "$id",
  "source": "$source",
  "type": "dev.cdevents.service.deployed.0.2.0",
  "time": "$at",
  "datacontenttype": "application/json",
  "data": {
    "context": {
      "version": "0.4.1",
      "id": "$id",
      "source": "$source",
      "type": "dev.cdevents.service.deployed.0.2.0",
      "timestamp": "$at"
    },
    "subject": {
      "id": "$COMPONENT_REF",
      "source": "$source",
      "type": "service",
      "content": {
        "environment": { "id": "$environment" },
        "artifactId": "pkg:generic/$SERVICE_NAME@$commit"
      }
    }
  }
}
JSON
)" || die "the portal at $PORTAL_URL did not answer"
if [ "$status" != 202 ] || grep -q '"rejected"' "$response"; then
  head -c 2000 "$response" >&2
  die "the portal at $PORTAL_URL refused the report (HTTP $status)"
fi
echo "reported $commit in $environment to $PORTAL_URL"
