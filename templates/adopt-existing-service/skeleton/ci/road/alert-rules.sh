#!/usr/bin/env bash
# The alert rules and their tests: every alert fires when it should and stays silent when it should.
# 75: there are no tests, or promtool, which comes with Prometheus, is not here; what they would have said is unknown.
set -euo pipefail
# shellcheck source=/dev/null
. "$(dirname "$0")/lib.sh"

if [ ! -d observability ]; then
  echo "there is no observability/, so there are no alert rules"
  exit 0
fi
if [ -z "$(find observability -type f -name '*.test.yaml')" ]; then
  not_run "the tests of the alert rules: observability/ has no *.test.yaml"
fi
if ! command -v promtool >/dev/null; then
  not_run "the tests of the alert rules: promtool is not here; it comes with Prometheus (Debian, Ubuntu: apt-get install prometheus)"
fi

# A test of days makes garbage all the time, and is over before it matters.
export GOGC=400
find observability -type f -name rules.yaml -exec promtool check rules {} +
# The quick tests first: those that play through days have nothing to add to a failure.
find observability -type f -name '*.test.yaml' ! -name '*.slow.test.yaml' -exec promtool test rules {} +
find observability -type f -name '*.slow.test.yaml' -exec promtool test rules {} +
echo "alert rules: good"
