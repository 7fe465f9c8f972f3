# shellcheck shell=bash
# Sourced by the scripts of this folder: what runs, which commit it is, and where things lie.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=/dev/null
. ci/service.env

VERSION="$(cat VERSION)"
COMMIT="${CI_COMMIT_SHA:-${GITHUB_SHA:-${GIT_COMMIT:-$(git rev-parse HEAD)}}}"
# On a laptop a build of uncommitted changes says so; it must never pass for the commit.
if [ -z "${CI:-}" ] && [ -n "$(git status --porcelain --untracked-files=normal 2>/dev/null)" ]; then
  COMMIT="$COMMIT-dirty"
fi
RELEASE="$VERSION+${COMMIT:0:12}"
ARTIFACT="$SERVICE_NAME-$VERSION-${COMMIT:0:12}"
case "$COMMIT" in *-dirty) RELEASE="$RELEASE.dirty" ARTIFACT="$ARTIFACT-dirty" ;; esac
# Where the code is and which run this is, as the CI system names them; credentials in an address stay out.
REPOSITORY_URL="${CI_PROJECT_URL:-${GITHUB_REPOSITORY:+${GITHUB_SERVER_URL:-}/$GITHUB_REPOSITORY}}"
REPOSITORY_URL="${REPOSITORY_URL:-$(sed -E 's#//[^/@]*@#//#; s#\.git$##' <<<"${GIT_URL:-local:/$SERVICE_NAME}")}"
RUN_URL="${CI_JOB_URL:-${GITHUB_WORKFLOW_REF:+${GITHUB_SERVER_URL:-}/$GITHUB_WORKFLOW_REF}}"
RUN_URL="${RUN_URL:-${BUILD_URL:-local/process}}"
export SERVICE_NAME COMPONENT_REF SERVICE_PORT SLO_AVAILABILITY_PERCENT SLO_LATENCY_PERCENT SLO_LATENCY_SECONDS PORTAL_URL \
  DEPLOY_TARGET DELIVERY_STRATEGY SYNTHETIC_PATH VERSION COMMIT RELEASE ARTIFACT

die() {
  echo "$*" >&2
  exit 1
}

sha256() {
  openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
}

now() {
  date -u +%Y-%m-%dT%H:%M:%SZ
}

# When the process of this number started; nothing where there is none, or it has ended.
start_of() {
  if [ -f /proc/self/stat ]; then
    # Clock ticks since the machine started. What comes before is the name in brackets, which may hold anything, and the state: Z has ended.
    sed -n -E 's/^.*\) [^Z] //p' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 19 || true
  else
    LC_ALL=C ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' '_' || true
  fi
}

# Process, its start: does it still run? Its number alone says nothing: another process has it after a while, and soon in a container, where
# they begin at 1.
runs_since() {
  [ -n "$1" ] && [ -n "$2" ] && [ "$(start_of "$1")" = "$2" ]
}

# The public key that this repository signs with, if it has one: committed, or named by the CI system.
trusted_key() {
  if [ -n "${SIGNING_PUBLIC_KEY_FILE:-}" ]; then
    echo "$SIGNING_PUBLIC_KEY_FILE"
  elif [ -f signing.pub ]; then
    echo signing.pub
  fi
}

# The file that holds the private key of this repository, if the job has it; a secret that is text is written to the folder given.
signing_key() {
  if [ -n "${SIGNING_KEY_FILE:-}" ]; then
    echo "$SIGNING_KEY_FILE"
  elif [ -n "${SIGNING_KEY:-}" ]; then
    (umask 077 && printf '%s\n' "$SIGNING_KEY" >"$1/key")
    echo "$1/key"
  fi
}

# Who the pipeline of this repository's default branch is to Sigstore; nobody where its public log is not for this repository.
pipeline_identity() {
  if [ "${GITHUB_SERVER_URL:-}" = https://github.com ]; then
    echo "https://github.com/${GITHUB_REPOSITORY:?}/.github/workflows/delivery.yml@refs/heads/main"
  elif [ "${CI_SERVER_URL:-}" = https://gitlab.com ] && [ "${CI_PROJECT_VISIBILITY:-}" = public ]; then
    echo "${CI_PROJECT_URL:?}//.gitlab-ci.yml@refs/heads/${CI_DEFAULT_BRANCH:?}"
  fi
}

# The issuer of the identity above.
pipeline_issuer() {
  if [ "${GITHUB_SERVER_URL:-}" = https://github.com ]; then
    echo https://token.actions.githubusercontent.com
  else
    echo "${CI_SERVER_URL:-}"
  fi
}

# Public key, file.
signed_by_key() {
  [ -f "$2.sig" ] && openssl pkeyutl -verify -rawin -pubin -inkey "$1" -in "$2" -sigfile "$2.sig" >/dev/null
}

signed_by_pipeline() {
  [ -f "$1.sigstore.json" ] && cosign verify-blob --bundle "$1.sigstore.json" \
    --certificate-identity "$(pipeline_identity)" --certificate-oidc-issuer "$(pipeline_issuer)" "$1" >/dev/null
}

# Packs a folder so that the same content gives the same bytes on every machine: sorted, without owners or times.
pack_artifact() {
  local tar=tar file
  # A platform as a service finds in the artifact how to run it.
  for file in Procfile app.json; do
    if [ -f "$file" ]; then
      cp "$file" "$1/"
    fi
  done
  if command -v gtar >/dev/null; then
    tar=gtar
  fi
  "$tar" --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 --mode=go=rX,u=rwX \
    --create --file - --directory "$1" . | gzip --no-name --best >"build/$ARTIFACT.tar.gz"
  echo "$(sha256 "build/$ARTIFACT.tar.gz")  $ARTIFACT.tar.gz" >"build/$ARTIFACT.tar.gz.sha256"
  echo "built $ARTIFACT.tar.gz, sha256 $(sha256 "build/$ARTIFACT.tar.gz")"
}

# The artifact of this commit, unchanged since it was built.
need_artifact() {
  [ -f "build/$ARTIFACT.tar.gz" ] || die "build/$ARTIFACT.tar.gz is missing: run ci/build.sh first"
  [ "$(cut -d ' ' -f 1 "build/$ARTIFACT.tar.gz.sha256")" = "$(sha256 "build/$ARTIFACT.tar.gz")" ] ||
    die "build/$ARTIFACT.tar.gz is not what was built"
}

# Ends a scan: 0 when every scanner ran, 75 when one could not (its name is in build/reports/not-run.txt and on the screen).
scan_result() {
  if [ $# -eq 0 ]; then
    echo "all scanners ran"
    exit 0
  fi
  printf '%s\n' "$@" >build/reports/not-run.txt
  printf 'NOT RUN: %s\n' "$@" >&2
  exit 75
}

# Remembers a deployment for the smoke test, the acceptance tests and the report.
write_deployment() {
  local environment="$1" url="$2" since="$3"
  mkdir -p build/deployments
  cat >"build/deployments/$environment.env" <<ENV
DEPLOYMENT_ENVIRONMENT=$environment
DEPLOYMENT_URL=$url
DEPLOYMENT_COMMIT=$COMMIT
DEPLOYMENT_RELEASE=$RELEASE
DEPLOYMENT_SHA256=$(sha256 "build/$ARTIFACT.tar.gz")
DEPLOYMENT_TARGET=$DEPLOY_TARGET
DEPLOYED_AT=$since
ENV
}

read_deployment() {
  [ -f "build/deployments/$1.env" ] || die "nothing was deployed to $1: run ci/deploy.sh $1 first"
  # shellcheck source=/dev/null
  . "build/deployments/$1.env"
}
