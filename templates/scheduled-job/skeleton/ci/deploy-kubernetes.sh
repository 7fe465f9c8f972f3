#!/usr/bin/env bash
# Brings the CronJob of this commit to the cluster and runs it once by hand; when that run fails, the CronJob before it is put back.
# CLUSTER_API_SERVER and CLUSTER_CA_CERTIFICATE (base64) name the cluster. The identity is the job's own OIDC token: no key is stored.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
: "${CLUSTER_API_SERVER:?where the cluster is}" "${CLUSTER_CA_CERTIFICATE:?how to recognise it}"
. "$(dirname "$0")/tools.sh"
. "$(dirname "$0")/read-image.sh"

token="${CLUSTER_ID_TOKEN:-}"
if [ -z "$token" ]; then
  token="$(curl --silent --show-error --fail --header "Authorization: Bearer ${ACTIONS_ID_TOKEN_REQUEST_TOKEN:?no OIDC token}" \
    "${ACTIONS_ID_TOKEN_REQUEST_URL:?no OIDC token}&audience=kubernetes" | sed -n 's/.*"value": *"\([^"]*\)".*/\1/p')"
fi

KUBECONFIG="$(mktemp)"
export KUBECONFIG
trap 'rm -f "$KUBECONFIG" "$KUBECONFIG.yaml" "$KUBECONFIG.before"' EXIT
cat >"$KUBECONFIG" <<YAML
apiVersion: v1
kind: Config
current-context: deploy
clusters:
  - name: cluster
    cluster: { server: "$CLUSTER_API_SERVER", certificate-authority-data: "$CLUSTER_CA_CERTIFICATE" }
users:
  - name: job
    user: { token: "$token" }
contexts:
  - name: deploy
    context: { cluster: cluster, user: job, namespace: "$SERVICE_NAME-$environment" }
YAML

# Everything as it was brought out before, settings included: undoing the pods alone would leave them with those of a bad release.
bring_back() {
  [ -s "$KUBECONFIG.before" ] || die "$RELEASE was the first release in $environment, and does not work: nothing to bring back"
  kubectl apply --filename "$KUBECONFIG.before"
}

ci/render-manifests.sh "$environment" >"$KUBECONFIG.yaml"
kubectl get --filename "$KUBECONFIG.yaml" --ignore-not-found --output \
  'jsonpath={range .items[*]}{.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}{end}' >"$KUBECONFIG.before"
kubectl apply --filename "$KUBECONFIG.yaml"
# A run is for a day and may be repeated, so trying the new release costs nothing but the time.
run="$SERVICE_NAME-${COMMIT:0:12}"
kubectl delete job "$run" --ignore-not-found
kubectl create job "$run" --from="cronjob/$SERVICE_NAME"
if ! kubectl wait "job/$run" --for=condition=complete --timeout="${SLO_LATENCY_SECONDS}s"; then
  kubectl logs "job/$run" --tail=20 >&2 || true
  bring_back
  die "$RELEASE did not run in $environment; what was there before it is back"
fi
mkdir -p build/deployments
kubectl logs "job/$run" --tail=1 >"build/deployments/$environment.run.log"
write_deployment "$environment" "$CLUSTER_API_SERVER" "$(now)"
echo "deployed $RELEASE to $environment"
