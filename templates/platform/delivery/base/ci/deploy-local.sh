#!/usr/bin/env bash
# Runs the artifact as a process on this machine: starts the new release, waits until it is ready, then stops the old one.
# LOCAL_DEPLOY_SECONDS bounds how long it lives (an hour), so that nothing runs on after it was forgotten.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
root="${DEPLOY_ROOT:-${XDG_STATE_HOME:-$HOME/.local/state}/pavedroad-deployments}/$SERVICE_NAME/$environment"
mkdir -p "$root"
digest="$(sha256 "build/$ARTIFACT.tar.gz")"
release="$root/releases/$ARTIFACT-${digest:0:12}"

answers() {
  curl --silent --fail --max-time 2 --output /dev/null "$1"
}

old_pid="" current_pid="" current_digest="" current_url="" current_since=""
if [ -f "$root/current.env" ]; then
  # shellcheck source=/dev/null
  . "$root/current.env"
  old_pid="$current_pid"
  if [ "$current_digest" = "$digest" ] && kill -0 "$old_pid" 2>/dev/null && answers "$current_url/readyz"; then
    echo "$ARTIFACT is already running in $environment at $current_url"
    write_deployment "$environment" "$current_url" "$current_since"
    exit 0
  fi
fi

if [ ! -d "$release" ]; then
  mkdir -p "$release.partial"
  tar --extract --gzip --file "build/$ARTIFACT.tar.gz" --directory "$release.partial"
  mv "$release.partial" "$release"
fi

# A free port: the first of a range of its own that nobody listens on.
port=$((20000 + $(printf '%s' "$SERVICE_NAME/$environment" | cksum | cut -d ' ' -f 1) % 20000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
  port=$((port + 1))
done
url="http://127.0.0.1:$port"

detach=(nohup)
if command -v setsid >/dev/null; then
  detach=(setsid)
fi
bound=()
if command -v timeout >/dev/null; then
  bound=(timeout --signal=TERM --kill-after=30 "${LOCAL_DEPLOY_SECONDS:-3600}")
fi
HOST=127.0.0.1 PORT="$port" DEPLOYMENT_ENVIRONMENT="$environment" \
  "${detach[@]}" ${bound[@]+"${bound[@]}"} "$release/start" >"$root/service.log" 2>&1 </dev/null &
pid=$!

stop() {
  kill -TERM "$1" 2>/dev/null || return 0
  for _ in $(seq 1 300); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

for attempt in $(seq 1 100); do
  if answers "$url/readyz"; then
    break
  fi
  if [ "$attempt" = 100 ] || ! kill -0 "$pid" 2>/dev/null; then
    stop "$pid"
    tail -n 20 "$root/service.log" >&2
    die "$ARTIFACT did not become ready in $environment; what ran before still runs"
  fi
  sleep 0.1
done

since="$(now)"
cat >"$root/current.env.new" <<ENV
current_pid=$pid
current_url=$url
current_digest=$digest
current_since=$since
ENV
mv "$root/current.env.new" "$root/current.env"
if [ -n "$old_pid" ]; then
  stop "$old_pid"
fi
# The release before this one stays, to go back to.
find "$root/releases" -mindepth 1 -maxdepth 1 -type d ! -path "$release" -mtime +7 -exec rm -rf {} +

write_deployment "$environment" "$url" "$since"
echo "deployed $ARTIFACT to $environment: $url (process $pid, log $root/service.log)"
