#!/usr/bin/env bash
# Lists what the artifact contains (CycloneDX), beside the artifact.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

need_artifact
sbom="$ARTIFACT.sbom.json"
npm sbom --omit=dev --package-lock-only --sbom-format=cyclonedx --sbom-type=application >"build/$sbom"
node - "build/$sbom" <<'CHECK'
const sbom = JSON.parse(require('node:fs').readFileSync(process.argv[2], 'utf8'));
if (sbom.bomFormat !== 'CycloneDX' || sbom.components.length === 0) throw new Error('the SBOM is empty');
console.log(`SBOM of ${sbom.components.length} components: ${process.argv[2]}`);
CHECK
