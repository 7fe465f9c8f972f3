#!/usr/bin/env bash
# Brings the image of this commit out on AWS with Terraform and waits until the service is steady; AWS takes back a release that does not
# get healthy or that sets off the alarm of failing requests.
# AWS_ROLE_ARN and AWS_REGION, STATE_BUCKET (Terraform's state), SERVICE_URL, and the variables of infra/aws without a default as
# TF_VAR_…: all of the environment, none of them a key.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
: "${STATE_BUCKET:?where the state is}" "${SERVICE_URL:?where the service is reached}"
. "$(dirname "$0")/tools.sh"
need terraform
. "$(dirname "$0")/read-image.sh"
. "$(dirname "$0")/aws-identity.sh"

export TF_VAR_state_bucket="$STATE_BUCKET" TF_IN_AUTOMATION=true TF_INPUT=false
terraform -chdir=infra/aws init -backend-config="bucket=$STATE_BUCKET" \
  -backend-config="key=$SERVICE_NAME/$environment.tfstate" -backend-config="region=$AWS_REGION"
terraform -chdir=infra/aws apply -auto-approve -var-file="environments/$environment.tfvars" \
  -var "region=$AWS_REGION" -var "image=$IMAGE_REPOSITORY@$IMAGE_DIGEST" -var "release=$RELEASE"
write_deployment "$environment" "${SERVICE_URL%/}" "$(now)"
echo "deployed $RELEASE to $environment: $SERVICE_URL"
