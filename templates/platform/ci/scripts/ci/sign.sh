#!/usr/bin/env bash
# Signs the artifact and a statement of where it came from (in-toto, SLSA provenance) with ed25519.
#
# SIGNING_KEY_FILE names a private key (PEM), a protected file variable of the CI system. Without one, a key made for this run signs:
# that proves that what is deployed is what this run built, not who built it, and ci/deploy.sh takes it for local processes only.
# Where cosign is installed and the job has an identity (OIDC), Sigstore signs too, without any key.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need_artifact
archive="build/$ARTIFACT.tar.gz"
signer=identity
key="${SIGNING_KEY_FILE:-}"
if [ -z "$key" ]; then
  signer=run
  key="$(mktemp)"
  trap 'rm -f "$key"' EXIT
  openssl genpkey -algorithm ed25519 -out "$key" 2>/dev/null
fi

cat >"build/$ARTIFACT.provenance.json" <<JSON
{
  "_type": "https://in-toto.io/Statement/v1",
  "subject": [{ "name": "$ARTIFACT.tar.gz", "digest": { "sha256": "$(sha256 "$archive")" } }],
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

if command -v cosign >/dev/null && [ -n "${ACTIONS_ID_TOKEN_REQUEST_URL:-}${SIGSTORE_ID_TOKEN:-}" ]; then
  signer=identity
  for file in "$archive" "build/$ARTIFACT.provenance.json"; do
    cosign sign-blob --yes --bundle "$file.sigstore.json" "$file" >/dev/null
  done
fi

openssl pkey -in "$key" -pubout -out "build/$ARTIFACT.pub.pem"
for file in "$archive" "build/$ARTIFACT.provenance.json"; do
  openssl pkeyutl -sign -rawin -inkey "$key" -in "$file" -out "$file.sig"
done
echo "signer=$signer" >"build/$ARTIFACT.signer"
ci/verify-signature.sh

if [ "$signer" = run ]; then
  echo "Signed with a key of this run: it proves integrity, not identity. Set SIGNING_KEY_FILE to sign as this repository."
fi
