#!/usr/bin/env bash
# Refuses an artifact that is not what was signed. With SIGNING_PUBLIC_KEY_FILE the signer must be that key.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need_artifact
public="${SIGNING_PUBLIC_KEY_FILE:-build/$ARTIFACT.pub.pem}"
for file in "build/$ARTIFACT.tar.gz" "build/$ARTIFACT.provenance.json"; do
  openssl pkeyutl -verify -rawin -pubin -inkey "$public" -in "$file" -sigfile "$file.sig" >/dev/null ||
    die "$file: the signature does not fit"
done
grep -q "\"sha256\": \"$(sha256 "build/$ARTIFACT.tar.gz")\"" "build/$ARTIFACT.provenance.json" ||
  die "the provenance speaks of another artifact"
echo "signature and provenance of $ARTIFACT.tar.gz verified"
