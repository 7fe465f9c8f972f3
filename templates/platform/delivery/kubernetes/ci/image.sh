#!/usr/bin/env bash
# Wraps the signed artifact in an image, pushes it and records its digest: what is deployed is named by digest, never by tag.
# REGISTRY, REGISTRY_USER, REGISTRY_PASSWORD and IMAGE_REPOSITORY come from the CI system.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

command -v docker >/dev/null || die "docker is not installed where this job runs"
ci/verify-signature.sh
registry="${REGISTRY:-${CI_REGISTRY:?REGISTRY is not set}}"
repository="${IMAGE_REPOSITORY:-${CI_REGISTRY_IMAGE:?IMAGE_REPOSITORY is not set}}"
printf '%s' "${REGISTRY_PASSWORD:-${CI_REGISTRY_PASSWORD:?REGISTRY_PASSWORD is not set}}" |
  docker login --username "${REGISTRY_USER:-${CI_REGISTRY_USER:?REGISTRY_USER is not set}}" --password-stdin "$registry"

metadata="$(mktemp)"
trap 'rm -f "$metadata"' EXIT
docker buildx build --push --provenance=true --sbom=true --metadata-file "$metadata" \
  --build-arg ARTIFACT="$ARTIFACT" --build-arg REVISION="$COMMIT" --tag "$repository:${COMMIT:0:12}" .
digest="$(sed -n 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' "$metadata" | head -n 1)"
[ -n "$digest" ] || die "the registry named no digest"
printf 'IMAGE_REPOSITORY=%s\nIMAGE_DIGEST=%s\n' "$repository" "$digest" >build/image.env
echo "pushed $repository@$digest"
