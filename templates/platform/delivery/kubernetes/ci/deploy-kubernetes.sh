#!/usr/bin/env bash
# Brings the image of this commit out and waits until it is ready; what ran before is back when it does not get there.
# SERVICE_URL names where the environment is reached. GITOPS=true leaves the cluster to Argo CD and tells it what to run.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
: "${SERVICE_URL:?where the service is reached}"
. "$(dirname "$0")/cluster.sh"

if [ "${GITOPS:-}" = true ]; then
  # Argo CD reads the commit and the image from the Application, which nothing puts back, and the manifests from the repository.
  application="$SERVICE_NAME-$environment"
  before="$(kubectl --namespace argocd get application "$application" --output 'jsonpath={.spec.source}')"
  kubectl --namespace argocd patch application "$application" --type merge --patch \
    "{\"spec\":{\"source\":{\"targetRevision\":\"$COMMIT\",\"kustomize\":{\"images\":[\"$SERVICE_NAME=$IMAGE_REPOSITORY@$IMAGE_DIGEST\"],\"commonAnnotations\":{\"app.kubernetes.io/version\":\"$RELEASE\"}}}}}"
  if ! wait_for 1800 '{.status.sync.revision}/{.status.sync.status}/{.status.health.status}' "application/$application" \
    "$COMMIT/Synced/Healthy" "$COMMIT/Synced/Degraded" --namespace argocd; then
    kubectl --namespace argocd patch application "$application" --type json --patch \
      "[{\"op\":\"replace\",\"path\":\"/spec/source\",\"value\":$before}]" ||
      die "Argo CD did not get $environment to $RELEASE, and could not be told to go back: somebody has to"
    die "Argo CD did not get $environment to $RELEASE, and was told to go back to what it ran before: see the application $application"
  fi
else
  ci/render-manifests.sh "$environment" >"$KUBECONFIG.yaml"
  remember "$KUBECONFIG.yaml"
  if [ "$DELIVERY_STRATEGY" = rolling ]; then
    kubectl apply --filename "$KUBECONFIG.yaml" || take_back "the cluster refused part of $RELEASE in $environment"
    rolled_out || take_back "$RELEASE did not become ready in $environment"
  else
    kubectl apply --filename "$KUBECONFIG.yaml" || {
      bring_back "the cluster refused part of $RELEASE in $environment"
      die "the cluster refused part of $RELEASE in $environment; what ran before is back"
    }
    # Argo Rollouts measures the release step by step and takes it back by itself; here it is only waited for.
    measured() {
      local generation
      generation="$(kubectl get "rollout/$SERVICE_NAME" --output 'jsonpath={.metadata.generation}')" &&
        wait_for 1800 '{.status.observedGeneration}/{.status.phase}' "rollout/$SERVICE_NAME" "$generation/Healthy" "$generation/Degraded"
    }
    measured || {
      kubectl describe "rollout/$SERVICE_NAME" >&2 || true
      bring_back "$RELEASE did not stand its analysis in $environment"
      # A first release that failed is there as well when the next one comes; no release is stable then.
      [ -n "$(kubectl get "rollout/$SERVICE_NAME" --output 'jsonpath={.status.stableRS}')" ] ||
        die "$RELEASE did not stand its analysis in $environment; what was there before it is back, and never served"
      die "$RELEASE did not stand its analysis in $environment; the release before it serves"
    }
  fi
fi
write_deployment "$environment" "${SERVICE_URL%/}" "$(now)"
echo "deployed $RELEASE to $environment: $SERVICE_URL"
