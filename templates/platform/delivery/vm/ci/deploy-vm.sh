#!/usr/bin/env bash
# Brings the signed artifact to the machines of infra/vm/inventory/<environment>.yml with Ansible, one machine after another; a machine
# where it does not get ready goes back to the release before, and the others keep theirs.
# SSH_PRIVATE_KEY_FILE (or SSH_PRIVATE_KEY, its text) and SSH_KNOWN_HOSTS let it in, SERVICE_URL is where the environment is reached,
# ANSIBLE_VAULT_PASSWORD opens what Ansible's vault encrypts in infra/vm, if anything.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

environment="$1"
: "${SSH_KNOWN_HOSTS:?the host keys of the machines}" "${SERVICE_URL:?where the service is reached}"
command -v ansible-playbook >/dev/null || die "ansible is not installed where this job runs"

secrets="$(mktemp -d)"
trap 'rm -rf "$secrets"' EXIT
if [ -n "${SSH_PRIVATE_KEY_FILE:-}" ]; then
  install -m 600 "$SSH_PRIVATE_KEY_FILE" "$secrets/key"
else
  (umask 077 && printf '%s\n' "${SSH_PRIVATE_KEY:?the key that lets the job in}" >"$secrets/key")
fi
printf '%s\n' "$SSH_KNOWN_HOSTS" >"$secrets/known_hosts"
if [ -n "${ANSIBLE_VAULT_PASSWORD:-}" ]; then
  (umask 077 && printf '%s\n' "$ANSIBLE_VAULT_PASSWORD" >"$secrets/vault")
  export ANSIBLE_VAULT_PASSWORD_FILE="$secrets/vault"
fi

# OpenSSH wants the user to have a name; in a container that runs as the user of an agent, it may have none.
if ! id -un >/dev/null 2>&1; then
  [ -z "$(LD_PRELOAD=libnss_wrapper.so env true 2>&1)" ] ||
    die "user $(id -u) has no name here, without which OpenSSH does not work: install libnss-wrapper"
  cp /etc/passwd "$secrets/passwd"
  echo "deploy:x:$(id -u):$(id -g)::$secrets:/bin/sh" >>"$secrets/passwd"
  export LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$secrets/passwd" NSS_WRAPPER_GROUP=/etc/group
fi

artifact="$PWD/build/$ARTIFACT.tar.gz"
(
  cd infra/vm
  ANSIBLE_CONFIG=ansible.cfg ansible-playbook playbook.yml \
    --inventory "inventory/$environment.yml" \
    --user "${SSH_USER:-deploy}" \
    --private-key "$secrets/key" \
    --ssh-common-args "-o UserKnownHostsFile=$secrets/known_hosts -o StrictHostKeyChecking=yes" \
    --extra-vars "{\"service_artifact\": \"$artifact\", \"service_artifact_sha256\": \"$(sha256 "$artifact")\", \"service_release\": \"$RELEASE\"}"
)
write_deployment "$environment" "${SERVICE_URL%/}" "$(now)"
echo "deployed $RELEASE to $environment: $SERVICE_URL"
