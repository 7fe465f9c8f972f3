#!/usr/bin/env bash
# Style and tests, as this repository has them.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

ran=0
if [ -f package.json ]; then
  install_npm tests
  for script in lint test; do
    if has_npm_script "$script"; then
      npm run --silent "$script"
      ran=1
    fi
  done
fi
if [ -f pyproject.toml ] || [ -f requirements.txt ]; then
  install_python
  if find . -name 'test_*.py' -not -path './.venv/*' | grep --quiet .; then
    .venv/bin/python -m pytest --quiet
    ran=1
  fi
fi
if [ -f go.mod ]; then
  go vet ./...
  go test ./...
  ran=1
fi
if [ -f pom.xml ]; then
  mvn --batch-mode --quiet verify
  ran=1
elif [ -x ./gradlew ]; then
  ./gradlew --quiet check
  ran=1
fi
[ "$ran" -eq 1 ] || not_run "tests: the repository has none that this script knows; add them to ci/road/check.sh's languages"
echo "style and tests: good"
