#!/usr/bin/env bash
# Is it really gone? `ci/smoke.sh staging|production`
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment "${1:?which environment}"
case "$DEPLOYMENT_URL" in
http://* | https://*) ;;
*)
  echo "nothing of $SERVICE_NAME is known to answer in $DEPLOYMENT_ENVIRONMENT"
  exit 0
  ;;
esac
for _ in 1 2 3 4 5 6; do
  if ! curl --silent --fail --max-time 5 --output /dev/null "$DEPLOYMENT_URL/readyz"; then
    echo "$SERVICE_NAME no longer answers in $DEPLOYMENT_ENVIRONMENT"
    exit 0
  fi
  sleep 5
done
die "$DEPLOYMENT_URL still answers: it was not taken down"
