# shellcheck shell=bash
# Sourced by what talks to AWS: Terraform and the AWS CLI, where the job has none. What is fetched runs only when it is what it was when this
# was written. `need terraform aws`
need() {
  local tool url hash
  rm -rf build/tools
  for tool in "$@"; do
    command -v "$tool" >/dev/null && continue
    case "$tool $(uname -sm)" in
    'terraform Linux x86_64')
      url=https://releases.hashicorp.com/terraform/1.15.8/terraform_1.15.8_linux_amd64.zip
      hash=d25ce7b6902013ad905db3d2eab0be4cd905887fe88b81a6171b8d5503c31f3d
      ;;
    'terraform Linux aarch64')
      url=https://releases.hashicorp.com/terraform/1.15.8/terraform_1.15.8_linux_arm64.zip
      hash=8891e9dcedc9e3b8950bc6af9d4d8af1f4cfade3062f53b9dc403a89f6ce8c9c
      ;;
    'aws Linux x86_64')
      url=https://awscli.amazonaws.com/awscli-exe-linux-x86_64-2.36.7.zip
      hash=d641283d37f1a2168457a9f26a20d4e29167652e9ab1719b37114ef1ebe859f4
      ;;
    'aws Linux aarch64')
      url=https://awscli.amazonaws.com/awscli-exe-linux-aarch64-2.36.7.zip
      hash=85826b67912b44bb45d1e46c6e66f383c14405ee0b2f4686f73bdf949c93bd61
      ;;
    *) die "$tool is not installed where this job runs" ;;
    esac
    command -v unzip >/dev/null || die "neither $tool nor unzip, to unpack it, is installed where this job runs"
    mkdir -p build/tools
    curl --proto '=https' --silent --show-error --fail --location --max-time 300 --retry 3 --output "build/tools/$tool.zip" "$url"
    [ "$(sha256 "build/tools/$tool.zip")" = "$hash" ] || die "the $tool that was fetched is not what it should be"
    unzip -q "build/tools/$tool.zip" -d "build/tools/$tool.d"
    if [ "$tool" = aws ]; then
      PATH="$PWD/build/tools/aws.d/aws/dist:$PATH"
    else
      PATH="$PWD/build/tools/$tool.d:$PATH"
    fi
  done
}
