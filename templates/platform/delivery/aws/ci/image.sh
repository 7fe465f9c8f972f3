#!/usr/bin/env bash
# Wraps the signed artifact in an image, pushes it to the account's registry and records its digest: what is deployed is named by
# digest, never by tag. REGISTRY (<account>.dkr.ecr.<region>.amazonaws.com), AWS_ROLE_ARN and AWS_REGION come from the CI system.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/aws-identity.sh"

for tool in docker aws; do
  command -v "$tool" >/dev/null || die "$tool is not installed where this job runs"
done
ci/verify-signature.sh
repository="${REGISTRY:?the registry of the account}/$SERVICE_NAME"
aws ecr get-login-password | docker login --username AWS --password-stdin "$REGISTRY"
docker buildx build --push --provenance=true --sbom=true --metadata-file build/image.json \
  --build-arg ARTIFACT="$ARTIFACT" --build-arg REVISION="$COMMIT" --tag "$repository:${COMMIT:0:12}" .
digest="$(sed -n 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' build/image.json | head -n 1)"
[ -n "$digest" ] || die "the registry named no digest"
printf 'IMAGE_REPOSITORY=%s\nIMAGE_DIGEST=%s\n' "$repository" "$digest" >build/image.env
echo "pushed $repository@$digest"
