#!/usr/bin/env bash
# Runs the artifact as a process on this machine, the way DELIVERY_STRATEGY says:
#   rolling     the new release starts, becomes ready, and takes over
#   canary      it gets a tenth of the requests first, then half, and takes over when none of its share failed
#   blue-green  it is tried in private, takes over at once, is tried again, and only then is the old one stopped
# A release that fails is stopped, and what ran before serves on. LOCAL_DEPLOY_SECONDS bounds how long a deployment lives (an hour),
# so that nothing runs on after it was forgotten.
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

old_pid="" old_start="" old_url="" old_digest="" old_since=""
current_pid="" current_start="" current_digest="" current_url="" current_since=""
if [ -f "$root/current.env" ]; then
  # shellcheck source=/dev/null
  . "$root/current.env"
  if runs_since "$current_pid" "$current_start"; then
    old_pid="$current_pid" old_start="$current_start" old_url="$current_url" old_digest="$current_digest" old_since="$current_since"
  fi
  if [ -n "$old_pid" ] && [ "$old_digest" = "$digest" ] && answers "$old_url/readyz"; then
    echo "$ARTIFACT is already running in $environment at $old_url"
    write_deployment "$environment" "$old_url" "$old_since"
    exit 0
  fi
fi
# What is not alive any more can take no requests.
if [ -n "$old_url" ] && ! answers "$old_url/readyz"; then
  old_url=""
fi

if [ ! -d "$release" ]; then
  mkdir -p "$release.partial"
  tar --extract --gzip --file "build/$ARTIFACT.tar.gz" --directory "$release.partial"
  # Everything in an artifact is of 1970, and what is kept below goes by when it was unpacked.
  touch "$release.partial"
  mv "$release.partial" "$release"
fi

# A free port: the first of a range of its own that nobody listens on, below those that systems give to outgoing connections (from 32768).
port=$((20000 + $(printf '%s' "$root" | cksum | cut -d ' ' -f 1) % 12000))
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
start="$(start_of "$pid")"

# Process, its start.
stop() {
  runs_since "$1" "$2" || return 0
  kill -TERM "$1" 2>/dev/null || return 0
  for _ in $(seq 1 300); do
    runs_since "$1" "$2" || return 0
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
}

# The new release goes, what ran before stays.
give_up() {
  if [ -n "$old_url" ]; then
    make_current "$old_pid" "$old_start" "$old_url" "$old_digest" "$old_since"
  else
    rm -f "$root/current.env"
  fi
  stop "$pid" "$start"
  tail -n 20 "$root/service.log" >&2
  die "$ARTIFACT $1 in $environment; what ran before, if anything, still runs"
}

make_current() {
  cat >"$root/current.env.new" <<ENV
current_pid=$1
current_start=$2
current_url=$3
current_digest=$4
current_since=$5
ENV
  mv "$root/current.env.new" "$root/current.env"
}

# Sends 20 requests as a user would, `$1` percent of them to the new release and the others to the old one; fails when any of the new
# release's share does. Spread evenly, so that a tenth is every tenth.
try_out() {
  local share="$1" sent=0 failed=0 request
  for request in $(seq 1 20); do
    if [ $((request * share / 100)) -gt $(((request - 1) * share / 100)) ]; then
      sent=$((sent + 1))
      answers "$url$SYNTHETIC_PATH" || failed=$((failed + 1))
    elif [ -n "$old_url" ]; then
      answers "$old_url$SYNTHETIC_PATH" || true
    fi
  done
  echo "$share % of the requests to the new release: $sent sent, $failed failed"
  [ "$failed" -eq 0 ]
}

for attempt in $(seq 1 100); do
  if answers "$url/readyz"; then
    break
  fi
  if [ "$attempt" = 100 ] || ! kill -0 "$pid" 2>/dev/null; then
    give_up 'did not become ready'
  fi
  sleep 0.1
done

since="$(now)"
case "$DELIVERY_STRATEGY" in
rolling)
  make_current "$pid" "$start" "$url" "$digest" "$since"
  ;;
canary)
  for share in 10 50 100; do
    try_out "$share" || give_up "failed with $share % of the requests"
  done
  make_current "$pid" "$start" "$url" "$digest" "$since"
  ;;
blue-green)
  try_out 100 || give_up 'failed in private'
  make_current "$pid" "$start" "$url" "$digest" "$since"
  try_out 100 || give_up 'failed after the switch, which was taken back,'
  ;;
*)
  give_up "cannot be brought out: DELIVERY_STRATEGY is '$DELIVERY_STRATEGY'; it is rolling, canary or blue-green"
  ;;
esac
stop "$old_pid" "$old_start"
# The release before this one stays, to go back to.
find "$root/releases" -mindepth 1 -maxdepth 1 -type d ! -path "$release" -mtime +7 -exec rm -rf {} +

write_deployment "$environment" "$url" "$since"
echo "deployed $ARTIFACT to $environment: $url (process $pid, log $root/service.log)"
