# shellcheck shell=bash
# Sourced: installs from a lock, and tells a package index out of reach from a lock that is wrong.

# `pip_install <options of pip> -- <what to install>`: with hashes once the lock has them, and never anything but the lock.
pip_install() {
  local options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  local checks=(--no-deps)
  if grep -q -- '--hash=' requirements.txt; then
    checks=(--require-hashes)
  fi
  python3 -m pip --disable-pip-version-check --retries 1 --timeout 15 ${options[@]+"${options[@]}"} \
    install --quiet --only-binary :all: "${checks[@]}" "$@"
}

# Did pip fail because nothing answered, not because of what the lock says?
pip_unreachable() {
  grep -Eq 'NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|No module named pip' "$1"
}
