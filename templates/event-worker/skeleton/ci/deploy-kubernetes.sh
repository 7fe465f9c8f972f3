#!/usr/bin/env bash
# Brings the image of this commit out, waits until it is ready and sends an event through it; what ran before is back when either fails.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
. "$(dirname "$0")/cluster.sh"

# Starts a canary by hand: the cluster's own begin once a minute.
canary() {
  local job="canary-${COMMIT:0:12}"
  kubectl delete job "$job" --ignore-not-found &&
    kubectl create job "$job" --from="cronjob/$SERVICE_NAME-canary" &&
    job_done "$((SLO_LATENCY_SECONDS + 60))" "$job" && return 0
  kubectl logs "job/$job" --tail=20 >&2 || true
  return 1
}

ci/render-manifests.sh "$environment" >"$KUBECONFIG.yaml"
remember "$KUBECONFIG.yaml"
kubectl apply --filename "$KUBECONFIG.yaml" || take_back "the cluster refused part of $RELEASE in $environment"
{ rolled_out && canary; } || take_back "$RELEASE does not work in $environment"
write_deployment "$environment" "$CLUSTER_API_SERVER" "$(now)"
echo "deployed $RELEASE to $environment"
