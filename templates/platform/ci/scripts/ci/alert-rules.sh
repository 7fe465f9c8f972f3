#!/usr/bin/env bash
# The alert rules and their tests: every alert fires when it should and stays silent when it should.
# 75: promtool, which comes with Prometheus, is not here; what it would have said is unknown.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -d observability ]; then
  echo "there is no observability/, so there are no alert rules"
  exit 0
fi
if [ -z "$(find observability -type f -name '*.test.yaml')" ]; then
  echo "observability/ has no *.test.yaml: no alert rule was tested" >&2
  exit 1
fi
if ! command -v promtool >/dev/null; then
  echo "NOT RUN: the tests of the alert rules: promtool is not here; it comes with Prometheus (Debian, Ubuntu: apt-get install prometheus)" >&2
  exit 75
fi

# A test of days makes garbage all the time, and is over before it matters.
export GOGC=400
find observability -type f -name rules.yaml -exec promtool check rules {} +
# The quick tests first: those that play through days have nothing to add to a failure.
find observability -type f -name '*.test.yaml' ! -name '*.slow.test.yaml' -exec promtool test rules {} +
find observability -type f -name '*.slow.test.yaml' -exec promtool test rules {} +
