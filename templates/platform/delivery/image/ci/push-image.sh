#!/usr/bin/env bash
# Builds the image around the artifact, pushes it to the repository it is given, signs it and scans what was pushed. Called by ci/image.sh,
# which has logged in. Needs docker with buildx and cosign 2; 75: neither grype nor trivy is here, so nothing was scanned.
# build/image.env says which image it is, and is signed as the artifact is (ci/read-image.sh).
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# A registry refuses capitals, which the name of a repository may have.
repository="$(tr '[:upper:]' '[:lower:]' <<<"${1:?the repository of the image}")"
tag="${COMMIT:0:12}"
artifact="$(sha256 "build/$ARTIFACT.tar.gz")"
command -v cosign >/dev/null || die "cosign is not installed where this job runs, so the image could not be signed"

work="$(mktemp -d)" builder=""
trap 'rm -rf "$work"; [ -z "$builder" ] || docker buildx rm "$builder" || true' EXIT

# Signed by the same key or pipeline as the artifact, and for that artifact.
trusted="$(trusted_key)"
if [ -n "$trusted" ]; then
  who=(--key "$trusted" --insecure-ignore-tlog=true)
else
  who=(--certificate-identity "$(pipeline_identity)" --certificate-oidc-issuer "$(pipeline_issuer)")
fi
is_signed() {
  cosign verify "${who[@]}" --annotations "artifact=$artifact" "$repository@$1" >/dev/null 2>&1
}

# A run that is repeated finds what it pushed: a registry may take each tag once. An image there that is not signed is not ours to use.
digest="$(docker buildx imagetools inspect "$repository:$tag" --format '{{.Manifest.Digest}}' 2>/dev/null || true)"
if [ -n "$digest" ] && ! is_signed "$digest"; then
  digest="" tag="$tag-$(date -u +%Y%m%d%H%M%S)"
fi
if [ -z "$digest" ]; then
  # A builder of its own: docker's own one cannot attest where an image comes from and what is in it.
  builder="$(docker buildx create --driver docker-container)"
  docker buildx build --builder "$builder" --push --provenance=true --sbom=true --metadata-file "$work/metadata.json" \
    --build-arg ARTIFACT="$ARTIFACT" --build-arg REVISION="$COMMIT" --tag "$repository:$tag" .
  digest="$(sed -n 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' "$work/metadata.json" | head -n 1)"
  [ -n "$digest" ] || die "the registry named no digest"
  if [ -n "$trusted" ]; then
    COSIGN_PASSWORD="$(openssl rand -hex 32)"
    export COSIGN_PASSWORD
    cosign import-key-pair --key "$(signing_key "$work")" --output-key-prefix "$work/cosign" >/dev/null
    cosign sign --yes --key "$work/cosign.key" --tlog-upload=false --annotations "artifact=$artifact" "$repository@$digest"
  else
    cosign sign --yes --annotations "artifact=$artifact" "$repository@$digest"
  fi
  is_signed "$digest" || die "the signature of $repository@$digest does not fit"
fi

# What has a fix and is left stops the line; what nobody has fixed yet would only stop everybody.
scanned=75
if command -v "${GRYPE:-grype}" >/dev/null; then
  "${GRYPE:-grype}" "registry:$repository@$digest" --only-fixed --fail-on high || die "$repository@$digest was not found clean"
  scanned=0
elif command -v trivy >/dev/null; then
  trivy image --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1 "$repository@$digest" || die "$repository@$digest was not found clean"
  scanned=0
else
  echo "NOT RUN: the scan of the image: neither grype nor trivy is installed where this job runs" >&2
fi

printf 'IMAGE_REPOSITORY=%s\nIMAGE_DIGEST=%s\nIMAGE_ARTIFACT=%s\n' "$repository" "$digest" "$artifact" >build/image.env
ci/sign.sh build/image.env
ci/verify-signature.sh build/image.env
echo "pushed $repository@$digest"
exit "$scanned"
