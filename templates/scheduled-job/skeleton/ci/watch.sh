#!/usr/bin/env bash
# Watches with Prometheus what runs told the Pushgateway of this machine: `PUSHGATEWAY_URL=http://127.0.0.1:9091 make run`. Metrics, rules and
# alerts are at http://127.0.0.1:9090 until this is interrupted. WATCH_PORT is another port than 9090. 75: Prometheus is not here.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v prometheus >/dev/null; then
  echo "NOT RUN: Prometheus is not here (Debian, Ubuntu: apt-get install prometheus prometheus-pushgateway)" >&2
  exit 75
fi
mkdir -p build
echo "Prometheus: http://127.0.0.1:${WATCH_PORT:-9090}/alerts"
exec prometheus --config.file=observability/prometheus/prometheus.yaml --storage.tsdb.path=build/watch \
  --web.listen-address="127.0.0.1:${WATCH_PORT:-9090}" --log.level=warn
