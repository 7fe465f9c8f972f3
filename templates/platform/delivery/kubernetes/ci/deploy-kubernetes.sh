#!/usr/bin/env bash
# Brings the image of this commit out and waits until it is ready; what ran before is back when it does not get there.
# CLUSTER_API_SERVER and CLUSTER_CA_CERTIFICATE (base64) name the cluster, SERVICE_URL where the environment is reached. The
# identity is the job's own OIDC token: no key is stored. GITOPS=true leaves the cluster to Argo CD and tells it what to run.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
: "${CLUSTER_API_SERVER:?where the cluster is}" "${CLUSTER_CA_CERTIFICATE:?how to recognise it}" "${SERVICE_URL:?where the service is reached}"
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

# Waits until a field says what it should; stops early when it says that it never will. Field, kind/name, what is right, what is wrong.
wait_for() {
  local said
  for _ in $(seq 1 360); do
    said="$(kubectl "${@:5}" get "$2" --output "jsonpath=$1")"
    case "$said" in
    "$3") return 0 ;;
    "$4") return 1 ;;
    esac
    sleep 5
  done
  echo "$2 still says '$said' after half an hour" >&2
  return 1
}

if [ "${GITOPS:-}" = true ]; then
  # Argo CD reads the commit and the image from the Application, which nothing puts back, and the manifests from the repository.
  application="$SERVICE_NAME-$environment"
  before="$(kubectl --namespace argocd get application "$application" --output 'jsonpath={.spec.source}')"
  kubectl --namespace argocd patch application "$application" --type merge --patch \
    "{\"spec\":{\"source\":{\"targetRevision\":\"$COMMIT\",\"kustomize\":{\"images\":[\"$SERVICE_NAME=$IMAGE_REPOSITORY@$IMAGE_DIGEST\"],\"commonAnnotations\":{\"app.kubernetes.io/version\":\"$RELEASE\"}}}}}"
  if ! wait_for '{.status.sync.revision}/{.status.sync.status}/{.status.health.status}' "application/$application" \
    "$COMMIT/Synced/Healthy" "$COMMIT/Synced/Degraded" --namespace argocd; then
    kubectl --namespace argocd patch application "$application" --type json --patch \
      "[{\"op\":\"replace\",\"path\":\"/spec/source\",\"value\":$before}]"
    die "Argo CD did not get $environment to $RELEASE, and was told to go back to what it ran before: see the application $application"
  fi
else
  ci/render-manifests.sh "$environment" >"$KUBECONFIG.yaml"
  kubectl get --filename "$KUBECONFIG.yaml" --ignore-not-found --output \
    'jsonpath={range .items[*]}{.metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration}{end}' >"$KUBECONFIG.before"
  kubectl apply --filename "$KUBECONFIG.yaml"
  if [ "$DELIVERY_STRATEGY" = rolling ]; then
    if ! kubectl rollout status "deployment/$SERVICE_NAME" --timeout=10m; then
      bring_back
      kubectl rollout status "deployment/$SERVICE_NAME" --timeout=10m ||
        die "$RELEASE did not become ready in $environment; what was there before it is back, and does not become ready either"
      die "$RELEASE did not become ready in $environment; the release before it is back"
    fi
  else
    # Argo Rollouts measures the release step by step and takes it back by itself; here it is only waited for.
    generation="$(kubectl get "rollout/$SERVICE_NAME" --output 'jsonpath={.metadata.generation}')"
    wait_for '{.status.observedGeneration}/{.status.phase}' "rollout/$SERVICE_NAME" "$generation/Healthy" "$generation/Degraded" || {
      kubectl describe "rollout/$SERVICE_NAME" >&2
      bring_back
      # A first release that failed is there as well when the next one comes; no release is stable then.
      [ -n "$(kubectl get "rollout/$SERVICE_NAME" --output 'jsonpath={.status.stableRS}')" ] ||
        die "$RELEASE did not stand its analysis in $environment; what was there before it is back, and never served"
      die "$RELEASE did not stand its analysis in $environment; the release before it serves"
    }
  fi
fi
write_deployment "$environment" "${SERVICE_URL%/}" "$(now)"
echo "deployed $RELEASE to $environment: $SERVICE_URL"
