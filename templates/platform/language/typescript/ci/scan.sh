#!/usr/bin/env bash
# Looks for what must not ship: dependencies with known vulnerabilities, dependencies from unexpected places, secrets.
# Exit 0: looked and found nothing. 1: found something. 75: a scanner could not run; what it would have said is unknown.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

mkdir -p build/reports
not_run=()

echo "lockfile: every dependency from the registry, each with its hash"
node - <<'CHECK'
const { packages } = JSON.parse(require('node:fs').readFileSync('package-lock.json', 'utf8'));
const wrong = Object.entries(packages).filter(
  ([path, p]) =>
    path !== '' && (p.link || !p.integrity?.startsWith('sha512-') || (p.resolved && !p.resolved.startsWith('https://'))),
);
for (const [path] of wrong) console.error(`  ${path}: not pinned by a hash, or not from an https registry`);
process.exit(wrong.length > 0 ? 1 : 0);
CHECK
# Only now: what is wrong with the lockfile is not to be installed.
ci/install.sh

echo "known vulnerabilities: npm audit"
if npm audit --omit=dev --audit-level=high --json >build/reports/audit.json 2>build/reports/audit.log; then
  echo "  none of severity high or above"
elif grep -q '"auditReportVersion"' build/reports/audit.json; then
  npm audit --omit=dev --audit-level=high || true
  exit 1
else
  not_run+=("npm audit: the registry's advisory service did not answer")
fi

echo "secrets in the files: secretlint"
[ -n "$(git ls-files | head -c 1)" ] || die "git lists no file here: nothing was looked at"
git ls-files -z -- . ':!package-lock.json' | xargs -0 npx --no-install secretlint --no-color
# UTF-16 is no text to it: what has zero bytes is looked at once more, without them.
plain=$(mktemp)
trap 'rm -f "$plain"' EXIT
git ls-files -z -- . ':!package-lock.json' | while IFS= read -r -d '' file; do
  [ -f "$file" ] || continue
  LC_ALL=C tr -d '\0' <"$file" >"$plain"
  cmp -s "$plain" "$file" || npx --no-install secretlint --no-color --stdinFileName="$file" <"$plain"
done
echo "  none"

scan_result ${not_run[@]+"${not_run[@]}"}
