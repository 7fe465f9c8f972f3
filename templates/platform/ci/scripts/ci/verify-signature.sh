#!/usr/bin/env bash
# Refuses an artifact that this repository's pipeline did not sign; with files as arguments, those. Who may sign is said here and never by
# what lies beside the artifact:
#   a key      signing.pub, reviewed like all that is committed, or SIGNING_PUBLIC_KEY_FILE, a variable of the CI system
#   Sigstore   where there is no key: a certificate of this repository's pipeline on its default branch (needs cosign)
#   the run    the key one run made for itself: for DEPLOY_TARGET=local alone. It tells that the artifact is whole, not who built it
set -euo pipefail
. "$(dirname "$0")/lib.sh"

files=("$@")
if [ $# -eq 0 ]; then
  need_artifact
  files=("build/$ARTIFACT.tar.gz" "build/$ARTIFACT.provenance.json")
fi
trusted="$(trusted_key)"
for file in "${files[@]}"; do
  [ -f "$file" ] || die "$file is missing"
  if [ "$DEPLOY_TARGET" = local ] && [ -f "$file.pub.pem" ]; then
    by='a key of its run'
    signed_by_key "$file.pub.pem" "$file" || die "$file: the signature does not fit"
  elif [ -n "$trusted" ]; then
    by="$trusted"
    signed_by_key "$trusted" "$file" || die "$file: the signature does not fit $trusted: this repository did not sign it"
  elif [ -n "$(pipeline_identity)" ]; then
    by="$(pipeline_identity)"
    command -v cosign >/dev/null || die "cosign is not installed where this job runs, and there is no signing.pub: who signed $file is unknown"
    signed_by_pipeline "$file" || die "$file: not signed by $by; README.md says how this repository signs"
  else
    die "nothing says who may sign: commit signing.pub, the public half of SIGNING_KEY, before deploying to $DEPLOY_TARGET (README.md)"
  fi
done
if [ $# -eq 0 ]; then
  for claim in "\"sha256\": \"$(sha256 "build/$ARTIFACT.tar.gz")\"" "\"gitCommit\": \"$COMMIT\""; do
    grep -qF "$claim" "build/$ARTIFACT.provenance.json" || die "the provenance speaks of another artifact"
  done
fi
echo "signed by $by: ${files[*]}"
