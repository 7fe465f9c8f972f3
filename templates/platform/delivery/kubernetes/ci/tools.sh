# shellcheck shell=bash
# Sourced by what talks to the cluster: kubectl, where the job has none. What is fetched runs only when it is what it was when this was written.
if ! command -v kubectl >/dev/null; then
  case "$(uname -sm)" in
  'Linux x86_64') arch=amd64 hash=9efe8d3facb23e1618cba36fb1c4e15ac9dc3ed5a2c2e18109e4a66b2bac12dc ;;
  'Linux aarch64') arch=arm64 hash=48541d119455ac5bcc5043275ccda792371e0b112483aa0b29378439cf6322b9 ;;
  *) die "kubectl is not installed where this job runs" ;;
  esac
  rm -rf build/tools
  mkdir -p build/tools
  curl --proto '=https' --silent --show-error --fail --location --max-time 300 --retry 3 --output build/tools/kubectl \
    "https://dl.k8s.io/release/v1.33.0/bin/linux/$arch/kubectl"
  [ "$(sha256 build/tools/kubectl)" = "$hash" ] || die "the kubectl that was fetched is not 1.33.0"
  chmod +x build/tools/kubectl
  PATH="$PWD/build/tools:$PATH"
fi
