#!/usr/bin/env bash
# Makes .venv hold exactly what requirements-dev.txt names. Where the package index is out of reach, packages this machine provides
# serve if they satisfy pyproject.toml: then the tests are real, but not on the locked versions, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."

# Every job installs for itself (jobs share nothing but artifacts); an install that is already right is left alone.
stamp=".venv/lock-sha256"
want="$(cat requirements.txt requirements-dev.txt | openssl dgst -sha256 -r | cut -d ' ' -f 1) $(python3 --version)"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ]; then
  exit 0
fi

# shellcheck source=ci/python/pip.sh
. ci/python/pip.sh
rm -rf .venv
python3 -m venv --without-pip .venv
if pip_install --python .venv/bin/python -- --requirement requirements-dev.txt 2>.venv/pip.log; then
  echo "$want" >"$stamp"
  exit 0
fi
if ! pip_unreachable .venv/pip.log; then
  cat .venv/pip.log >&2
  exit 1
fi

for python in python3 /usr/bin/python3; do
  rm -rf .venv
  "$python" -m venv --without-pip --system-site-packages .venv
  if .venv/bin/python ci/python/provided.py >.venv/provided; then
    while IFS= read -r line; do echo "NOT RUN: $line" >&2; done <.venv/provided
    echo "$want" >"$stamp"
    exit 0
  fi
done
rm -rf .venv
echo "NOT RUN: the package index does not answer, and this machine does not provide what pyproject.toml asks for" >&2
exit 75
