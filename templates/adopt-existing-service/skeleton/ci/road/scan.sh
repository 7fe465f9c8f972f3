#!/usr/bin/env bash
# Looks for what must not ship: committed keys, dependencies with known vulnerabilities.
# Exit 0: looked and found nothing. 1: found something. 75: a scanner could not run; what it would have said is unknown.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

echo "keys in the files"
# The pattern is put together here, so that this file does not hold what it looks for.
begin='-----BEGIN'
if git grep --line-number --extended-regexp -e "$begin ([A-Z]+ )?PRIVATE KEY-----" -e 'AKIA[0-9A-Z]{16}' -e 'gh[pousr]_[A-Za-z0-9]{36}' -- .; then
  die "these look like keys: revoke them, then remove them"
fi
echo "  none"

missing=()
if [ -f package-lock.json ]; then
  echo "known vulnerabilities: npm audit"
  report="$(npm audit --omit=dev --audit-level=high --json 2>/dev/null)" || {
    case "$report" in
    *'"auditReportVersion"'*) npm audit --omit=dev --audit-level=high || exit 1 ;;
    *) missing+=("npm audit: the registry's advisory service did not answer") ;;
    esac
  }
fi
if [ -f requirements.txt ]; then
  if command -v pip-audit >/dev/null; then
    pip-audit --requirement requirements.txt
  else
    missing+=("pip-audit is not installed")
  fi
fi
if [ -f go.mod ]; then
  if command -v govulncheck >/dev/null; then
    govulncheck ./...
  else
    missing+=("govulncheck is not installed")
  fi
fi
if [ "${#missing[@]}" -gt 0 ]; then
  printf 'NOT RUN: %s\n' "${missing[@]}" >&2
  exit 75
fi
echo "all scanners ran"
