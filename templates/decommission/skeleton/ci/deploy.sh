#!/usr/bin/env bash
# This is being taken out of service: the pipeline's deployment takes it down. `ci/deploy.sh staging|production`
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:-}"
case "$environment" in
staging | production) ;;
*) die "usage: ci/deploy.sh staging|production" ;;
esac
ci/undeploy.sh "$environment"
# What the next stages look at; SERVICE_URL is where it was reached.
write_deployment "$environment" "${SERVICE_URL:-none}" "$(now)"
