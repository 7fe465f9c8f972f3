#!/usr/bin/env bash
# Signs the artifact and a statement of where it came from (in-toto, SLSA provenance); with files as arguments, those instead.
#
# SIGNING_KEY is a private key of this repository (ed25519, PEM), SIGNING_KEY_FILE a file that holds it: secrets of the CI system, for the
# default branch alone. Its public half is committed as signing.pub. Without one, Sigstore signs in the name of the pipeline where cosign is
# installed, the job has an identity (OIDC) and the repository is public, as Sigstore's log is. Without either, a key made for this run signs:
# that proves that what is deployed is what this run built, not who built it, and ci/deploy.sh takes it for local processes only.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

secrets="$(mktemp -d)"
trap 'rm -rf "$secrets"' EXIT
key="$(signing_key "$secrets")"
trusted="$(trusted_key)"

if [ $# -eq 0 ]; then
  need_artifact
  cat >"build/$ARTIFACT.provenance.json" <<JSON
{
  "_type": "https://in-toto.io/Statement/v1",
  "subject": [{ "name": "$ARTIFACT.tar.gz", "digest": { "sha256": "$(sha256 "build/$ARTIFACT.tar.gz")" } }],
  "predicateType": "https://slsa.dev/provenance/v1",
  "predicate": {
    "buildDefinition": {
      "buildType": "https://pavedroad.dev/build/script@v1",
      "externalParameters": { "script": "ci/build.sh", "version": "$VERSION" },
      "resolvedDependencies": [{ "uri": "git+$REPOSITORY_URL", "digest": { "gitCommit": "$COMMIT" } }]
    },
    "runDetails": { "builder": { "id": "$RUN_URL" } }
  }
}
JSON
  set -- "build/$ARTIFACT.tar.gz" "build/$ARTIFACT.provenance.json"
fi

# What an earlier run left says nothing about this one.
for file in "$@"; do
  rm -f "$file.sig" "$file.sigstore.json" "$file.pub.pem"
done

if [ -n "$key" ]; then
  openssl pkey -in "$key" -pubout -out "$secrets/public.pem"
  if [ -n "$trusted" ]; then
    openssl pkey -pubin -in "$trusted" -pubout -out "$secrets/trusted.pem"
    cmp --silent "$secrets/public.pem" "$secrets/trusted.pem" || die "the signing key does not belong to $trusted: nothing would accept what it signs"
  fi
  how='the key of this repository'
elif [ -z "$trusted" ] && [ -n "$(pipeline_identity)" ] && [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}${SIGSTORE_ID_TOKEN:-}" ] && command -v cosign >/dev/null; then
  for file in "$@"; do
    cosign sign-blob --yes --bundle "$file.sigstore.json" "$file" >/dev/null
    signed_by_pipeline "$file" || die "$file: the signature does not fit"
  done
  echo "signed by Sigstore as $(pipeline_identity): $*"
  exit 0
else
  key="$secrets/key"
  openssl genpkey -algorithm ed25519 -out "$key" 2>/dev/null
  openssl pkey -in "$key" -pubout -out "$secrets/public.pem"
  how='a key of this run'
fi

for file in "$@"; do
  openssl pkeyutl -sign -rawin -inkey "$key" -in "$file" -out "$file.sig"
  signed_by_key "$secrets/public.pem" "$file" || die "$file: the signature does not fit"
  if [ "$how" = 'a key of this run' ]; then
    cp "$secrets/public.pem" "$file.pub.pem"
  fi
done
echo "signed with $how: $*"
if [ "$how" = 'a key of this run' ]; then
  echo "It proves integrity, not identity, and is good for local deployments only. README.md says how to sign as this repository."
fi
