#!/usr/bin/env bash
# Prints the manifests of an environment with the image by digest: `IMAGE_REPOSITORY=… IMAGE_DIGEST=sha256:… ci/render-manifests.sh staging`.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="${1:?which environment}"
[[ "${IMAGE_DIGEST:-}" =~ ^sha256:[0-9a-f]{64}$ ]] || die "IMAGE_DIGEST must be sha256:<64 hex digits>; a tag is not an identity"
: "${IMAGE_REPOSITORY:?the repository of the image}"

mkdir -p "build/kubernetes/$environment"
cat >"build/kubernetes/$environment/kustomization.yaml" <<YAML
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../../infra/kubernetes/overlays/$environment
images:
  - name: $SERVICE_NAME
    newName: $IMAGE_REPOSITORY
    digest: $IMAGE_DIGEST
commonAnnotations:
  app.kubernetes.io/version: "$RELEASE"
YAML
kubectl kustomize "build/kubernetes/$environment"
