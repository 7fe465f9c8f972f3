#!/usr/bin/env bash
# Tells the portal what was deployed: one CDEvents `service.deployed` for each environment, so that delivery metrics need no other
# set-up. PORTAL_URL and PORTAL_TOKEN come from the CI system. Sending an event twice counts once.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

if [ -z "$PORTAL_URL" ] || [ -z "${PORTAL_TOKEN:-}" ]; then
  echo "NOT RUN: deployments are not reported, PORTAL_URL or PORTAL_TOKEN is not set" >&2
  exit 75
fi

shopt -s nullglob
deployments=(build/deployments/*.env)
[ ${#deployments[@]} -gt 0 ] || die "nothing was deployed, so there is nothing to report"

response="$(mktemp)"
trap 'rm -f "$response"' EXIT
for deployment in "${deployments[@]}"; do
  # shellcheck source=/dev/null
  . "$deployment"
  # The same deployment has the same id however often it is sent.
  id="$(printf '%s\n' "$COMPONENT_REF" "$DEPLOYMENT_ENVIRONMENT" "$DEPLOYMENT_SHA256" "$DEPLOYMENT_COMMIT" "$DEPLOYED_AT" |
    openssl dgst -sha256 -r | cut -d ' ' -f 1)"
  source="$REPOSITORY_URL"
  status="$(curl --silent --show-error --max-time 20 --retry 4 --retry-delay 2 --retry-connrefused \
    --output "$response" --write-out '%{http_code}' \
    --header "Authorization: Bearer $PORTAL_TOKEN" \
    --header 'Content-Type: application/cloudevents+json' \
    --data-binary @- "${PORTAL_URL%/}/api/dora/events" <<JSON
{
  "specversion": "1.0",
  "id": "$id",
  "source": "$source",
  "type": "dev.cdevents.service.deployed.0.2.0",
  "time": "$DEPLOYED_AT",
  "datacontenttype": "application/json",
  "data": {
    "context": {
      "version": "0.4.1",
      "id": "$id",
      "source": "$source",
      "type": "dev.cdevents.service.deployed.0.2.0",
      "timestamp": "$DEPLOYED_AT"
    },
    "subject": {
      "id": "$COMPONENT_REF",
      "source": "$source",
      "type": "service",
      "content": {
        "environment": { "id": "$DEPLOYMENT_ENVIRONMENT" },
        "artifactId": "pkg:generic/$SERVICE_NAME@$DEPLOYMENT_COMMIT?checksum=sha256:$DEPLOYMENT_SHA256"
      }
    },
    "customData": { "release": "$DEPLOYMENT_RELEASE", "target": "$DEPLOYMENT_TARGET" },
    "customDataContentType": "application/json"
  }
}
JSON
  )" || die "the portal at $PORTAL_URL did not answer"
  if [ "$status" != 202 ] || grep -q '"rejected"' "$response"; then
    head -c 2000 "$response" >&2
    die "the portal at $PORTAL_URL refused the report (HTTP $status)"
  fi
  echo "reported $DEPLOYMENT_RELEASE in $DEPLOYMENT_ENVIRONMENT to $PORTAL_URL"
done
