#!/usr/bin/env bash
# Wraps the signed artifact in an image, pushes it, scans and signs it and records its digest: what is deployed is named by digest, never by tag.
# REGISTRY, REGISTRY_USER, REGISTRY_PASSWORD and IMAGE_REPOSITORY come from the CI system.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

ci/verify-signature.sh
registry="${REGISTRY:-${CI_REGISTRY:?REGISTRY is not set}}"
repository="${IMAGE_REPOSITORY:-${CI_REGISTRY_IMAGE:?IMAGE_REPOSITORY is not set}}"
command -v docker >/dev/null || die "docker is not installed where this job runs"
printf '%s' "${REGISTRY_PASSWORD:-${CI_REGISTRY_PASSWORD:?REGISTRY_PASSWORD is not set}}" |
  docker login --username "${REGISTRY_USER:-${CI_REGISTRY_USER:?REGISTRY_USER is not set}}" --password-stdin "$registry"
exec ci/push-image.sh "$repository"
