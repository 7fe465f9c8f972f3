#!/usr/bin/env bash
# Hands the signed artifact to a platform with Heroku's interface (sources and builds), which runs the Procfile's `web` process, and
# waits until the right version answers; otherwise the release before is brought back.
# PAAS_API (https://api.heroku.com by default), PAAS_APP and PAAS_TOKEN (of the app alone), SERVICE_URL: of the environment.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
: "${PAAS_APP:?the app of this environment}" "${PAAS_TOKEN:?the token of the app}" "${SERVICE_URL:?where the service is reached}"
api="${PAAS_API:-https://api.heroku.com}/apps/$PAAS_APP"
archive="build/$ARTIFACT.tar.gz"

# The token stays out of the list of processes.
request() {
  curl --silent --show-error --fail-with-body --max-time 60 --config - --request "$1" "$api$2" "${@:3}" <<CONFIG
header = "Authorization: Bearer $PAAS_TOKEN"
header = "Accept: application/vnd.heroku+json; version=3"
header = "Content-Type: application/json"
CONFIG
}
field() {
  sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1
}

before="$(request GET /releases --header 'Range: version ..; order=desc,max=1' | field id)"
source="$(request POST /sources)"
curl --silent --show-error --fail --max-time 600 --request PUT --header 'Content-Type:' --upload-file "$archive" "$(field put_url <<<"$source")"
build="$(request POST /builds --data "{\"source_blob\":{\"url\":\"$(field get_url <<<"$source")\",\"version\":\"$COMMIT\",\"checksum\":\"SHA256:$(sha256 "$archive")\"}}" | field id)"
for _ in $(seq 1 180); do
  status="$(request GET "/builds/$build" | field status)"
  [ "$status" = pending ] || break
  sleep 5
done
[ "$status" = succeeded ] || die "the platform did not build $RELEASE ($status); the release before it runs"

for _ in $(seq 1 60); do
  case "$(curl --silent --max-time 5 "${SERVICE_URL%/}/healthz" || true)" in
  *"\"version\":\"$RELEASE\""*)
    write_deployment "$environment" "${SERVICE_URL%/}" "$(now)"
    echo "deployed $RELEASE to $environment: $SERVICE_URL"
    exit 0
    ;;
  esac
  sleep 5
done
request POST /releases --data "{\"release\":\"$before\"}" >/dev/null
die "$RELEASE did not answer in $environment; the release before it is back"
