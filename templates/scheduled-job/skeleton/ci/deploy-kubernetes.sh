#!/usr/bin/env bash
# Brings the CronJob of this commit to the cluster and runs it once by hand; when that run fails, the CronJob before it is put back.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
. "$(dirname "$0")/cluster.sh"

# A run is for a day and may be repeated, so trying the new release costs nothing but the time. What it said is for the smoke test.
runs() {
  local job="$SERVICE_NAME-${COMMIT:0:12}"
  kubectl delete job "$job" --ignore-not-found &&
    kubectl create job "$job" --from="cronjob/$SERVICE_NAME" &&
    job_done "$SLO_LATENCY_SECONDS" "$job" &&
    kubectl logs "job/$job" --tail=1 >"build/deployments/$environment.run.log" && return 0
  kubectl logs "job/$job" --tail=20 >&2 || true
  return 1
}

# Ends a release that does not work: what ran before it runs again. Why.
take_back() {
  bring_back "$1"
  die "$1; what was there before it is back"
}

mkdir -p build/deployments
ci/render-manifests.sh "$environment" >"$KUBECONFIG.yaml"
remember "$KUBECONFIG.yaml"
kubectl apply --filename "$KUBECONFIG.yaml" || take_back "the cluster refused part of $RELEASE in $environment"
runs || take_back "$RELEASE did not run in $environment"
write_deployment "$environment" "$CLUSTER_API_SERVER" "$(now)"
echo "deployed $RELEASE to $environment"
