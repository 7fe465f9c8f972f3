# shellcheck shell=bash
# Sourced by deployments: which image was made of this artifact, as the job that made it signed it.
[ -f build/image.env ] || die "build/image.env is missing: run ci/image.sh first"
ci/verify-signature.sh build/image.env || exit 1
IMAGE_ARTIFACT=""
set -a
# shellcheck source=/dev/null
. build/image.env
set +a
[ "$IMAGE_ARTIFACT" = "$(sha256 "build/$ARTIFACT.tar.gz")" ] || die "build/image.env speaks of another artifact"
