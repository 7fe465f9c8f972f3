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

echo "known vulnerabilities: OSV"
status=0
python3 ci/python/advisories.py requirements.txt || status=$?
case "$status" in
0) echo "  none that an update would fix" ;;
75) not_run+=("known vulnerabilities: the advisory service (OSV) did not answer") ;;
*) exit 1 ;;
esac

echo "secrets in the files"
[ -n "$(git ls-files | head -c 1)" ] || die "git lists no file here: nothing was looked at"
git ls-files -z | python3 ci/python/secrets.py
echo "  none"

scan_result ${not_run[@]+"${not_run[@]}"}
