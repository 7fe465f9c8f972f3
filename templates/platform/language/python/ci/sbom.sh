#!/usr/bin/env bash
# Lists what the artifact contains (CycloneDX), beside the artifact.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need_artifact
ci/install.sh
sbom="build/$ARTIFACT.sbom.json"
.venv/bin/python ci/python/sbom.py "$SERVICE_NAME" "$RELEASE" tracing >"$sbom"
echo "SBOM of $(grep -c '"purl"' "$sbom") components: $sbom"
