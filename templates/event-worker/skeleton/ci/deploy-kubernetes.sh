#!/usr/bin/env bash
# Brings the image of this commit out, waits until it is ready and sends an event through it; what ran before is back when either fails.
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

# Starts a canary by hand: the cluster's own begin once a minute.
canary() {
  local job="canary-${COMMIT:0:12}"
  kubectl delete job "$job" --ignore-not-found
  kubectl create job "$job" --from="cronjob/$SERVICE_NAME-canary"
  kubectl wait "job/$job" --for=condition=complete --timeout="$((SLO_LATENCY_SECONDS + 60))s" && return 0
  kubectl logs "job/$job" --tail=20 >&2 || true
  return 1
}

if ! kubectl rollout status "deployment/$SERVICE_NAME" --timeout=10m || ! canary; then
  bring_back
  kubectl rollout status "deployment/$SERVICE_NAME" --timeout=10m ||
    die "$RELEASE does not work in $environment; what was there before it is back, and does not become ready either"
  die "$RELEASE does not work in $environment; the release before it is back"
fi
write_deployment "$environment" "$CLUSTER_API_SERVER" "$(now)"
echo "deployed $RELEASE to $environment"
