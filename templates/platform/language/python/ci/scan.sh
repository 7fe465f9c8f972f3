#!/usr/bin/env bash
# Looks for what must not ship: dependencies with known vulnerabilities, dependencies from unexpected places, secrets.
# Exit 0: looked and found nothing. 1: found something. 75: a scanner could not run; what it would have said is unknown.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

mkdir -p build/reports
not_run=()

echo "lockfiles: every dependency in one version from the index, with its hashes"
status=0
python3 ci/python/lock_check.py requirements.txt requirements-dev.txt || status=$?
case "$status" in
0) ;;
75) not_run+=("requirements.txt: pinned by version, not by hash yet; run ci/lock.sh where the package index answers and commit the result") ;;
*) exit 1 ;;
esac
# Only now: what is wrong with the lockfile is not to be installed.
ci/install.sh

echo "known vulnerabilities: pip-audit"
if ! .venv/bin/python -c 'import pip_audit' 2>/dev/null; then
  not_run+=("pip-audit: not installed")
elif .venv/bin/python -m pip_audit --requirement requirements.txt --no-deps --disable-pip --format json \
  --output build/reports/audit.json 2>build/reports/audit.log; then
  echo "  none"
elif [ -s build/reports/audit.json ]; then
  cat build/reports/audit.json
  exit 1
else
  not_run+=("pip-audit: the advisory service did not answer")
fi

echo "secrets in the files"
[ -n "$(git ls-files | head -c 1)" ] || die "git lists no file here: nothing was looked at"
git ls-files -z | python3 ci/python/secrets.py
echo "  none"

scan_result ${not_run[@]+"${not_run[@]}"}
