#!/usr/bin/env bash
# A broker for an environment on this machine, where none is named: `ci/broker.sh start|url|stop staging`. With REDIS_URL that one is used and
# left alone. What it holds outlives a deployment, as a broker's data does; LOCAL_DEPLOY_SECONDS bounds how long it runs.
# Exit 75: redis-server is not installed here.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

command="${1:?start, url or stop}" environment="${2:?which environment}"
root="${DEPLOY_ROOT:-${XDG_STATE_HOME:-$HOME/.local/state}/pavedroad-deployments}/$SERVICE_NAME/$environment"
broker_pid="" broker_start="" broker_url=""
if [ -f "$root/broker.env" ]; then
  # shellcheck source=/dev/null
  . "$root/broker.env"
fi

runs() {
  runs_since "$broker_pid" "$broker_start"
}

need_program() {
  command -v redis-server >/dev/null || {
    echo "NOT RUN: redis-server is not installed here, and REDIS_URL names no broker" >&2
    exit 75
  }
}

if [ "$command" != stop ] && [ -n "${REDIS_URL:-}" ]; then
  echo "$REDIS_URL"
  exit 0
fi

case "$command" in
start)
  need_program
  if runs; then
    echo "$broker_url"
    exit 0
  fi
  mkdir -p "$root/broker"
  port=$((20000 + $(printf '%s' "$root/broker" | cksum | cut -d ' ' -f 1) % 20000))
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    port=$((port + 1))
  done
  detach=(nohup)
  if command -v setsid >/dev/null; then
    detach=(setsid)
  fi
  bound=()
  if command -v timeout >/dev/null; then
    bound=(timeout --signal=TERM --kill-after=30 "${LOCAL_DEPLOY_SECONDS:-3600}")
  fi
  # Every write is on disk before it is answered: a broker that forgets loses events.
  "${detach[@]}" ${bound[@]+"${bound[@]}"} redis-server --port "$port" --bind 127.0.0.1 --dir "$root/broker" --save '' \
    --appendonly yes --appendfsync always --maxmemory-policy noeviction >"$root/broker.log" 2>&1 </dev/null &
  broker_pid=$!
  broker_start="$(start_of "$broker_pid")"
  for attempt in $(seq 1 100); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      break
    fi
    if [ "$attempt" = 100 ] || ! runs; then
      tail -n 20 "$root/broker.log" >&2
      die "the broker of $environment did not start"
    fi
    sleep 0.1
  done
  printf 'broker_pid=%s\nbroker_start=%s\nbroker_url=%s\n' "$broker_pid" "$broker_start" "redis://127.0.0.1:$port/0" \
    >"$root/broker.env.new"
  mv "$root/broker.env.new" "$root/broker.env"
  echo "redis://127.0.0.1:$port/0"
  ;;
url)
  if ! runs; then
    need_program
    die "no broker runs for $environment: run ci/deploy.sh $environment first"
  fi
  echo "$broker_url"
  ;;
stop)
  rm -f "$root/broker.env"
  runs || exit 0
  kill -TERM "$broker_pid" 2>/dev/null || exit 0
  for _ in $(seq 1 100); do
    runs || exit 0
    sleep 0.1
  done
  die "process $broker_pid did not stop within 10 seconds"
  ;;
*) die "usage: ci/broker.sh start|url|stop staging|production" ;;
esac
