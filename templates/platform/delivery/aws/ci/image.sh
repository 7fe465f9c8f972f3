#!/usr/bin/env bash
# Wraps the signed artifact in an image, pushes it to the account's registry, scans and signs it and records its digest: what is deployed is
# named by digest, never by tag. REGISTRY (<account>.dkr.ecr.<region>.amazonaws.com), AWS_ROLE_ARN and AWS_REGION come from the CI system.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/aws-identity.sh"

. "$(dirname "$0")/tools.sh"

command -v docker >/dev/null || die "docker is not installed where this job runs"
need aws
ci/verify-signature.sh
aws ecr get-login-password | docker login --username AWS --password-stdin "${REGISTRY:?the registry of the account}"
ci/push-image.sh "$REGISTRY/$SERVICE_NAME"
