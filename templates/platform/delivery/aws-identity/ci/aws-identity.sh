# shellcheck shell=bash
# Sourced by the scripts that talk to AWS: the job's own short-lived identity (OIDC) becomes the role AWS_ROLE_ARN; no key is stored.
# Programs exchange the token themselves when they first need it.
: "${AWS_ROLE_ARN:?the role of the deploy job}" "${AWS_REGION:?the region}"
AWS_WEB_IDENTITY_TOKEN_FILE="$(mktemp)"
trap 'rm -f "$AWS_WEB_IDENTITY_TOKEN_FILE"' EXIT
chmod 600 "$AWS_WEB_IDENTITY_TOKEN_FILE"
if [ -n "${AWS_ID_TOKEN:-}" ]; then
  printf '%s' "$AWS_ID_TOKEN" >"$AWS_WEB_IDENTITY_TOKEN_FILE"
else
  curl --silent --show-error --fail --header "Authorization: Bearer ${ACTIONS_ID_TOKEN_REQUEST_TOKEN:?no OIDC token}" \
    "${ACTIONS_ID_TOKEN_REQUEST_URL:?no OIDC token}&audience=sts.amazonaws.com" |
    sed -n 's/.*"value": *"\([^"]*\)".*/\1/p' | tr -d '\n' >"$AWS_WEB_IDENTITY_TOKEN_FILE"
fi
[ -s "$AWS_WEB_IDENTITY_TOKEN_FILE" ] || die "the CI system gave no identity"
AWS_ROLE_SESSION_NAME="$SERVICE_NAME-${COMMIT:0:12}"
export AWS_ROLE_ARN AWS_REGION AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_SESSION_NAME
