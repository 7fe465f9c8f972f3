#!/usr/bin/env bash
# Watches with Prometheus what `make run` started: its metrics, rules and alerts are at http://127.0.0.1:9090 until this is interrupted.
# WATCH_PORT is another port than 9090. 75: Prometheus is not here.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_deployment staging
curl --silent --fail --max-time 5 --output /dev/null "$DEPLOYMENT_URL/metrics" ||
  die "nothing answers at $DEPLOYMENT_URL/metrics: 'make run' starts it"
echo "what it measures: $DEPLOYMENT_URL/metrics"
if ! command -v prometheus >/dev/null; then
  echo "NOT RUN: Prometheus is not here (Debian, Ubuntu: apt-get install prometheus)" >&2
  exit 75
fi

# The configuration names the service's own port; a deployment on this machine listens on one that was free.
rm -rf build/watch
mkdir -p build
cp -R observability/prometheus build/watch
sed "s#127\.0\.0\.1:$SERVICE_PORT#${DEPLOYMENT_URL#http://}#g" observability/prometheus/prometheus.yaml >build/watch/prometheus.yaml
if grep -q 127.0.0.1:9115 build/watch/prometheus.yaml && ! (exec 3<>/dev/tcp/127.0.0.1/9115) 2>/dev/null; then
  echo "NOT RUN: the synthetic check: no blackbox exporter answers on port 9115 (Debian, Ubuntu: prometheus-blackbox-exporter)" >&2
fi
echo "Prometheus: http://127.0.0.1:${WATCH_PORT:-9090}/alerts"
exec prometheus --config.file=build/watch/prometheus.yaml --storage.tsdb.path=build/watch/data \
  --web.listen-address="127.0.0.1:${WATCH_PORT:-9090}" --log.level=warn
