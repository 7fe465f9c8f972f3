#!/usr/bin/env bash
# Brings function.zip of the signed artifact out on AWS: put where it can never be replaced, made a numbered version of the function with
# Terraform, tried in private, and then given requests through the alias `live` as DELIVERY_STRATEGY says. CodeDeploy moves the alias, and
# back when an alarm goes off.
# AWS_ROLE_ARN and AWS_REGION, STATE_BUCKET (Terraform's state), ARTIFACT_BUCKET (versioned), SERVICE_URL, and the variables of infra/aws
# without a default as TF_VAR_…: all of the environment, none of them a key.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
: "${STATE_BUCKET:?where the state is}" "${ARTIFACT_BUCKET:?where the zip goes}" "${SERVICE_URL:?where the function is reached}"
. "$(dirname "$0")/tools.sh"
need terraform aws
case "$DELIVERY_STRATEGY" in
rolling) shift=CodeDeployDefault.LambdaLinear10PercentEvery1Minute ;;
canary) shift=CodeDeployDefault.LambdaCanary10Percent5Minutes ;;
blue-green) shift=CodeDeployDefault.LambdaAllAtOnce ;;
*) die "DELIVERY_STRATEGY is '$DELIVERY_STRATEGY'; it is rolling, canary or blue-green" ;;
esac
. "$(dirname "$0")/aws-identity.sh"

work="$(mktemp -d)"
trap 'rm -rf "$work" "$AWS_WEB_IDENTITY_TOKEN_FILE"' EXIT
tar --extract --gzip --file "build/$ARTIFACT.tar.gz" --directory "$work" ./function.zip
zip="$work/function.zip"
key="$SERVICE_NAME/$(sha256 "$zip").zip"
hash="$(openssl dgst -sha256 -binary "$zip" | openssl base64 -A)"

# Named by what it holds, and never written twice: what is there is this zip, or not what it says.
if ! aws s3api head-object --bucket "$ARTIFACT_BUCKET" --key "$key" >/dev/null 2>&1; then
  aws s3api put-object --bucket "$ARTIFACT_BUCKET" --key "$key" --body "$zip" --if-none-match '*' \
    --checksum-algorithm SHA256 --checksum-sha256 "$hash" >/dev/null
fi
stored="$(aws s3api head-object --bucket "$ARTIFACT_BUCKET" --key "$key" --checksum-mode ENABLED \
  --query '[ChecksumSHA256,VersionId]' --output text)"
read -r stored_hash object_version <<<"$stored"
[ "$stored_hash" = "$hash" ] || die "s3://$ARTIFACT_BUCKET/$key does not hold what was signed"

export TF_VAR_state_bucket="$STATE_BUCKET" TF_VAR_artifact_bucket="$ARTIFACT_BUCKET" TF_IN_AUTOMATION=true TF_INPUT=false
terraform -chdir=infra/aws init -backend-config="bucket=$STATE_BUCKET" \
  -backend-config="key=$SERVICE_NAME/$environment.tfstate" -backend-config="region=$AWS_REGION"
terraform -chdir=infra/aws apply -auto-approve -var-file="environments/$environment.tfvars" \
  -var "region=$AWS_REGION" -var "artifact_key=$key" -var "artifact_version=$object_version" -var "artifact_hash=$hash"
output() {
  terraform -chdir=infra/aws output -raw "$1"
}
function="$(output function_name)"
target="$(output function_version)"

# Tried in private: the new version is asked itself, before any request reaches it.
cat >"$work/event.json" <<'JSON'
{
  "version": "2.0",
  "routeKey": "GET /healthz",
  "rawPath": "/healthz",
  "rawQueryString": "",
  "headers": {},
  "requestContext": { "requestId": "deployment", "http": { "method": "GET", "path": "/healthz" } },
  "isBase64Encoded": false
}
JSON
aws lambda invoke --function-name "$function" --qualifier "$target" --cli-binary-format raw-in-base64-out \
  --payload "file://$work/event.json" "$work/answer.json" >"$work/invocation.json"
if grep -q FunctionError "$work/invocation.json" || ! grep -qF "$RELEASE" "$work/answer.json"; then
  head -c 2000 "$work/answer.json" >&2
  die "version $target of $function does not answer as $RELEASE; no request reached it"
fi

current="$(aws lambda get-alias --function-name "$function" --name live --query FunctionVersion --output text)"
if [ "$current" != "$target" ]; then
  content="{\"version\":0.0,\"Resources\":[{\"live\":{\"Type\":\"AWS::Lambda::Function\",\"Properties\":{\"Name\":\"$function\",\"Alias\":\"live\",\"CurrentVersion\":\"$current\",\"TargetVersion\":\"$target\"}}}]}"
  printf '{"revisionType":"AppSpecContent","appSpecContent":{"content":"%s"}}' "${content//\"/\\\"}" >"$work/revision.json"
  deployment="$(aws deploy create-deployment --application-name "$function" --deployment-group-name live \
    --deployment-config-name "$shift" --revision "file://$work/revision.json" --query deploymentId --output text)"
  echo "moving live from version $current to $target: $deployment ($shift)"
  if ! aws deploy wait deployment-successful --deployment-id "$deployment"; then
    aws deploy get-deployment --deployment-id "$deployment" --query 'deploymentInfo.[status,errorInformation]' --output json >&2
    die "$RELEASE was taken back; version $current serves on"
  fi
fi
write_deployment "$environment" "${SERVICE_URL%/}" "$(now)"
echo "deployed $RELEASE to $environment as version $target: $SERVICE_URL"
