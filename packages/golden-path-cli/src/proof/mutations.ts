import { CONTAINER_TERRAFORM_MUTATIONS } from './terraformMutations';
import type { CheckId } from './checks';

/** A known way to break a generated project. The verifier named must notice. */
export type Mutation = {
  id: string;
  /** What is broken, in words for the report. */
  description: string;
  /** Id of the verifier that has to fail. */
  verifier: string;
  /** The part of it that has to, where it has parts that take long; the others are not asked. */
  stage?: string;
  /** What the finding says that has to come of it, where another one could stand in for it: its place and its words. */
  expects?: RegExp;
  /** File to change; the project's first file that matches. */
  file: RegExp;
  /** A file without which the verifier has nothing to look at, where projects have the changed one without it. */
  beside?: RegExp;
  /** The broken content. Content that stays the same means that the mutation no longer applies, which fails the proof. */
  change: (content: string) => string;
};

/** A change that replaces the first match (or, with the flag `g`, all of them). */
export const replace =
  (pattern: RegExp | string, replacement: string) =>
  (content: string): string =>
    content.replace(pattern, replacement);

/** A change that adds to the end. */
export const append =
  (text: string) =>
  (content: string): string =>
    `${content}${text}`;

const catalogInfo = /^catalog-info\.yaml$/;
const workflow = /^\.github\/workflows\/delivery\.yml$/;
const analysis = /^infra\/kubernetes\/base\/analysis\.yaml$/;
const gitops = /^infra\/gitops\/production\.yaml$/;
const tasks = /^infra\/vm\/roles\/service\/tasks\/release\.yml$/;
const unit = /service\.service\.j2$/;
const terraform = /^infra\/aws\/.+\.tf$/;
const jenkinsfile = /^Jenkinsfile$/;
const gitlabPipeline = /^\.gitlab-ci\.yml$/;
const image = /^Dockerfile$/;
const deployment = /^infra\/kubernetes\/base\/workload\.yaml$/;
const kubernetesBase = /^infra\/kubernetes\/base\/kustomization\.yaml$/;
const rules = /^observability\/prometheus\/rules\.yaml$/;

/** Mutations whose verifier reads the project without building it. */
export const STATIC_MUTATIONS: readonly Mutation[] = [
  {
    id: 'yaml-duplicate-key',
    description: 'a key twice in mkdocs.yml',
    verifier: 'yaml',
    expects: /mkdocs\.yml:\d+: Map keys must be unique/,
    file: /^mkdocs\.yml$/,
    change: append('docs_dir: elsewhere\n'),
  },
  {
    id: 'yaml-bad-indentation',
    description: 'an indentation that changes the meaning',
    verifier: 'yaml',
    expects: /catalog-info\.yaml:\d+: All mapping items must start/,
    file: catalogInfo,
    change: replace('  type: service', '   type: service'),
  },
  {
    id: 'json-trailing-comma',
    description: 'a comma too many in the dashboard',
    verifier: 'yaml',
    expects: /dashboard\.json: is not JSON/,
    file: /dashboard\.json$/,
    change: replace(/\}\s*$/, '},\n'),
  },
  {
    id: 'shell-unquoted',
    description: 'an unquoted variable in a script',
    verifier: 'shell',
    expects: /ci\/deploy\.sh:\d+: .*\[SC2086\]/,
    file: /^ci\/deploy\.sh$/,
    change: append('rm -r $environment/*\n'),
  },
  {
    id: 'shell-syntax',
    description: 'an if without an end',
    verifier: 'shell',
    expects: /ci\/smoke\.sh:\d+: .*\[SC1\d+\]/,
    file: /^ci\/smoke\.sh$/,
    change: append('if true; then\n'),
  },
  {
    id: 'link-broken',
    description: 'a link to a page that is not there',
    verifier: 'markdown-links',
    expects: /service-missing\.md leads nowhere/,
    file: /^docs\/on-call\.md$/,
    change: replace(
      'runbooks/service-absent.md',
      'runbooks/service-missing.md',
    ),
  },
  {
    id: 'link-anchor',
    description: 'a link to a heading that is not there',
    verifier: 'markdown-links',
    expects: /#no-such-heading names no heading/,
    file: /^docs\/index\.md$/,
    change: append('[away](on-call.md#no-such-heading)\n'),
  },
  {
    id: 'page-unlisted',
    description: 'a runbook left out of the navigation',
    verifier: 'markdown-links',
    expects: /service-absent\.md is not in the navigation/,
    file: /^mkdocs\.yml$/,
    change: replace(/^.*runbooks\/service-absent\.md\n/m, ''),
  },
  {
    id: 'entity-bad-name',
    description: 'a component name the catalog refuses',
    verifier: 'entities',
    expects: /"metadata\.name" is not valid/,
    file: catalogInfo,
    change: replace(/^ {2}name: .*$/m, '  name: not a name!'),
  },
  {
    id: 'entity-no-owner',
    description: 'a component without an owner',
    verifier: 'entities',
    expects: /must have required property 'owner'/,
    file: catalogInfo,
    change: replace(/^ {2}owner: .*\n/m, ''),
  },
  {
    id: 'entity-user-owner',
    description: 'a component owned by one person',
    verifier: 'entities',
    expects: /its owner is not a group/,
    file: catalogInfo,
    change: replace(/^ {2}owner: .*$/m, '  owner: user:default/ada'),
  },
  {
    id: 'entity-no-api-text',
    description: 'an API whose description is elsewhere',
    verifier: 'entities',
    expects: /its definition docs\/gone\.yaml is missing/,
    file: catalogInfo,
    change: replace('./docs/openapi.yaml', './docs/gone.yaml'),
  },
  {
    id: 'entity-api-misspelt',
    description: 'a component that provides an API that is not there',
    verifier: 'entities',
    expects: /provides api:default\/\S+-api-gone, which is not described here/,
    file: catalogInfo,
    change: replace(/(providesApis:\n +- \S+)/, '$1-api-gone'),
  },
  {
    id: 'entity-no-on-call',
    description: 'nothing leads to who is on call',
    verifier: 'entities',
    expects: /nothing leads to who is on call/,
    file: catalogInfo,
    change: replace('title: On call', 'title: Something'),
  },
  {
    id: 'action-unpinned',
    description: 'an action named by a tag',
    verifier: 'github-workflows',
    expects: /actions\/checkout@v6 is not pinned/,
    file: workflow,
    change: replace(/(actions\/checkout)@[0-9a-f]{40} # \S+/, '$1@v6'),
  },
  {
    id: 'action-without-version',
    description: 'a pinned action that does not say its version',
    verifier: 'github-workflows',
    expects: /does not name its version in a comment/,
    file: workflow,
    change: replace(/(actions\/checkout@[0-9a-f]{40}) # \S+/, '$1'),
  },
  {
    id: 'workflow-write-all',
    description: 'permissions for everything at the top',
    verifier: 'github-workflows',
    expects: /the top must say/,
    file: workflow,
    change: replace('permissions:\n  contents: read', 'permissions: write-all'),
  },
  {
    id: 'workflow-contents-write',
    description: 'a job that may write to the repository',
    verifier: 'github-workflows',
    expects: /job container-image may write contents/,
    file: workflow,
    change: replace(
      '      contents: read\n      id-token: write\n      packages: write',
      '      contents: write',
    ),
  },
  {
    id: 'workflow-pull-request-target',
    description: 'pull_request_target',
    verifier: 'github-workflows',
    expects: /pull_request_target runs with secrets/,
    file: workflow,
    change: replace('  pull_request:', '  pull_request_target:'),
  },
  {
    id: 'workflow-credentials-left',
    description: "a checkout that leaves the token in git's configuration",
    verifier: 'github-workflows',
    expects: /leaves the checkout's credentials behind/,
    file: workflow,
    change: replace('persist-credentials: false', 'fetch-depth: 1'),
  },
  {
    id: 'workflow-no-concurrency',
    description: 'no concurrency limit',
    verifier: 'github-workflows',
    expects: /yml:\d+: has no concurrency limit/,
    file: workflow,
    change: replace(/^concurrency:\n(?: {2}.*\n)+/m, ''),
  },
  {
    id: 'workflow-no-timeout',
    description: 'a job without a time limit',
    verifier: 'github-workflows',
    expects: /has no time limit/,
    file: workflow,
    change: replace(/^ {4}timeout-minutes: .*\n/m, ''),
  },
  {
    id: 'workflow-unknown-job',
    description: 'needs: a job that is not there',
    verifier: 'github-workflows',
    expects: /job "builds" which does not exist/,
    file: workflow,
    change: replace(/needs: build$/m, 'needs: builds'),
  },
  {
    id: 'workflow-bad-expression',
    description: 'an expression that does not parse',
    verifier: 'github-workflows',
    expects: /\[actionlint expression\]/,
    file: workflow,
    change: replace('${{ github.ref }}', '${{ github.ref }'),
  },
  {
    id: 'workflow-injection',
    description: "a stranger's text in a script",
    verifier: 'github-workflows',
    expects: /is potentially untrusted/,
    file: workflow,
    change: replace(
      'run: ci/lint.sh',
      'run: echo "${{ github.event.pull_request.title }}"',
    ),
  },
  {
    id: 'workflow-builds-untested-rules',
    description: 'a build that does not wait for the tests of the alert rules',
    verifier: 'github-workflows',
    expects: /job build runs ci\/build\.sh without waiting for ci\/alert-rules/,
    file: workflow,
    change: replace('needs: [unit-test, alert-rules', 'needs: [unit-test'),
  },
  {
    id: 'workflow-rules-untested',
    description: 'a job of the alert rules that does not test them',
    verifier: 'github-workflows',
    expects: /no job runs ci\/alert-rules\.sh/,
    file: workflow,
    change: replace('run: ci/alert-rules.sh', 'run: echo tested'),
  },
  {
    id: 'workflow-starts-at-once',
    description: 'a build that waits for nothing',
    verifier: 'github-workflows',
    expects: /job build runs ci\/build\.sh without waiting for ci\/lint\.sh/,
    file: workflow,
    change: replace(/^ {4}needs: \[unit-test, alert-rules.*\n/m, ''),
  },
  {
    id: 'workflow-signs-unscanned',
    description: 'an artifact that is signed beside its scan',
    verifier: 'github-workflows',
    expects: /runs ci\/sign\.sh without waiting for ci\/scan\.sh/,
    file: workflow,
    change: replace('needs: scan\n', 'needs: build\n'),
  },
  {
    id: 'workflow-signs-as-nobody',
    description: 'a job that signs without the key',
    verifier: 'github-workflows',
    expects: /job sbom-and-sign signs without the key of the repository/,
    file: workflow,
    change: replace(
      /( *- run: ci\/sign\.sh\n) *env:\n *SIGNING_KEY:.*\n/,
      '$1',
    ),
  },
  {
    id: 'workflow-key-for-all',
    description: 'the key that signs, for changes that are not merged',
    verifier: 'github-workflows',
    expects: /gives the key that signs to changes that are not merged/,
    file: workflow,
    change: replace(
      /(\n *SIGNING_KEY: \$\{\{ )github\.event_name == 'push' && /,
      '$1',
    ),
  },
  {
    id: 'workflow-deployment-cut-short',
    description: 'a deployment with less time than it waits',
    verifier: 'github-workflows',
    expects: /job deploy-production is ended before a deployment is/,
    file: workflow,
    change: replace(
      'timeout-minutes: 60\n    environment: production',
      'timeout-minutes: 20\n    environment: production',
    ),
  },
  {
    id: 'workflow-deploys-unsigned',
    description: 'a deployment that does not wait for the signature',
    verifier: 'github-workflows',
    expects: /runs ci\/deploy\.sh staging without waiting for ci\/sign\.sh/,
    file: workflow,
    change: replace(/(deploy-staging:\n {4}needs: ).*/, '$1build'),
  },
  {
    id: 'workflow-production-first',
    description: 'production before staging was looked at',
    verifier: 'github-workflows',
    expects:
      /runs ci\/deploy\.sh production without waiting for ci\/acceptance\.sh staging/,
    file: workflow,
    change: replace(/(deploy-production:\n {4}needs: ).*/, '$1sbom-and-sign'),
  },
  {
    id: 'workflow-goes-on',
    description: 'tests that may fail',
    verifier: 'github-workflows',
    expects: /job unit-test passes over a failure of ci\/unit-test\.sh/,
    file: workflow,
    change: replace('run: ci/unit-test.sh', 'run: ci/unit-test.sh || true'),
  },
  {
    id: 'workflow-not-run-fails',
    description: 'NOT RUN taken for a failure',
    verifier: 'github-workflows',
    expects: /job scan takes NOT RUN \(exit 75\) for a failure/,
    file: workflow,
    change: replace(/run: ci\/scan\.sh .*/, 'run: ci/scan.sh'),
  },
  {
    id: 'workflow-branch-released',
    description: 'a branch that is delivered to production',
    verifier: 'github-workflows',
    expects: /job deploy-production runs for branches that are not merged/,
    file: workflow,
    change: replace(/(deploy-production:\n {4}needs: .*\n) {4}if: .*\n/, '$1'),
  },
  {
    id: 'workflow-another-artifact',
    description: 'a deployment of something else than what was signed',
    verifier: 'github-workflows',
    expects:
      /job deploy-production does not deploy the artifact that was signed/,
    file: workflow,
    change: replace(/(deploy-production:\n[\s\S]*?pattern: ).*/, '$1artifact'),
  },
  {
    id: 'workflow-releases-overtake',
    description: 'releases that may overtake each other',
    verifier: 'github-workflows',
    expects: /job deploy-production has no concurrency limit/,
    file: workflow,
    change: replace(/^ {4}concurrency: deploy-production\n/m, ''),
  },
  {
    id: 'workflow-release-cut-short',
    description: 'a release that a newer one cuts short',
    verifier: 'github-workflows',
    expects: /cuts a release short/,
    file: workflow,
    change: replace(/cancel-in-progress: .*/, 'cancel-in-progress: true'),
  },
  {
    id: 'workflow-toolchain-missing',
    description: 'a toolchain that is not there',
    verifier: 'github-workflows',
    expects: /\.\/\.github\/actions\/tools is not there/,
    file: workflow,
    change: replace('./.github/actions/toolchain', './.github/actions/tools'),
  },
  {
    id: 'workflow-lint-identity',
    description: 'a job that may take an identity it has no use for',
    verifier: 'github-workflows',
    expects: /job lint may write id-token and has no use for it/,
    file: workflow,
    change: replace(
      /(\n {2}lint:\n)/,
      '$1    permissions:\n      contents: read\n      id-token: write\n',
    ),
  },
  {
    id: 'workflow-lint-packages',
    description: 'a job that may write packages it does not build',
    verifier: 'github-workflows',
    expects: /job lint may write packages and has no use for it/,
    file: workflow,
    change: replace(
      /(\n {2}lint:\n)/,
      '$1    permissions:\n      contents: read\n      packages: write\n',
    ),
  },
  {
    id: 'workflow-no-identity',
    description: 'a deployment without an identity of its own',
    verifier: 'github-workflows',
    expects: /job deploy-production deploys without an identity of its own/,
    file: workflow,
    change: replace(/(deploy-production:\n[\s\S]*?id-token: )write/, '$1none'),
  },
  {
    id: 'updates-without-actions',
    description: 'dependency updates without the actions',
    verifier: 'github-workflows',
    expects: /dependency updates do not include the actions/,
    file: /^\.github\/dependabot\.yml$/,
    change: replace('github-actions', 'gomod'),
  },
  {
    id: 'updates-sometimes',
    description: 'dependency updates at a time nobody knows',
    verifier: 'yaml',
    expects: /dependabot\.yml: updates\.0\.schedule\.interval/,
    file: /^\.github\/dependabot\.yml$/,
    change: replace('interval: weekly', 'interval: sometimes'),
  },
  {
    id: 'updates-misspelt',
    description: 'dependency updates by no rule at all',
    verifier: 'yaml',
    expects: /renovate\.json: extends/,
    file: /^renovate\.json$/,
    change: replace('"extends"', '"extend"'),
  },
  {
    id: 'owners-without-owner',
    description: 'files nobody is asked about',
    verifier: 'entities',
    expects: /CODEOWNERS:\d+: \* has no owner/,
    file: /^CODEOWNERS$/,
    change: replace(/^\* @.*$/m, '*'),
  },
  {
    id: 'image-unknown-stage',
    description: 'a copy from a stage that is not there',
    verifier: 'dockerfile',
    expects: /copies from artefact, which is no stage/,
    file: image,
    change: replace('COPY --from=artifact', 'COPY --from=artefact'),
  },
  {
    id: 'image-root',
    description: 'an image that runs as root',
    verifier: 'dockerfile',
    expects: /no numeric non-root USER/,
    file: image,
    change: replace(/^USER .*$/m, 'USER root'),
  },
  {
    id: 'image-tag',
    description: 'a base image named by a tag',
    verifier: 'dockerfile',
    expects: /is not pinned by digest/,
    file: image,
    change: replace(/@sha256:[0-9a-f]{64} AS/, ' AS'),
  },
  {
    id: 'image-fat',
    description: 'a final image with a shell',
    verifier: 'dockerfile',
    expects: /the final image has a shell/,
    file: image,
    change: replace(/gcr\.io\/distroless\/[^@]+/, 'node:24-bookworm'),
  },
  {
    id: 'image-typo',
    description: 'an instruction that does not exist',
    verifier: 'dockerfile',
    expects: /RUUN is no instruction/,
    file: image,
    change: replace(/^RUN /m, 'RUUN '),
  },
  {
    id: 'kubernetes-unknown-field',
    description: 'a misspelt field, which a cluster ignores',
    verifier: 'kubernetes',
    expects: /\'"revisionHistoryLimits"\' does not exist in type/,
    file: deployment,
    change: replace('revisionHistoryLimit', 'revisionHistoryLimits'),
  },
  {
    id: 'kubernetes-wrong-type',
    description: 'a text where a number belongs',
    verifier: 'kubernetes',
    expects: /failureThreshold must be integer/,
    file: deployment,
    change: replace(/failureThreshold: 30/, 'failureThreshold: "thirty"'),
  },
  {
    id: 'kubernetes-no-limits',
    description: 'no memory limit',
    verifier: 'kubernetes',
    expects: /has no memory limit/,
    file: deployment,
    change: replace(/^ {14}memory: 256Mi\n/m, ''),
  },
  {
    id: 'kubernetes-no-requests',
    description: 'no cpu request',
    verifier: 'kubernetes',
    expects: /requests no cpu/,
    file: deployment,
    change: replace(/^ {14}cpu: 100m\n/m, ''),
  },
  {
    id: 'kubernetes-same-probe',
    description: 'one probe for liveness and readiness',
    verifier: 'kubernetes',
    expects: /uses one probe for liveness and readiness/,
    file: deployment,
    change: replace('path: /readyz', 'path: /healthz'),
  },
  {
    id: 'kubernetes-root',
    description: 'a container that may run as root',
    verifier: 'kubernetes',
    expects: /may run as root/,
    file: deployment,
    change: replace(/runAsNonRoot: true/g, 'runAsNonRoot: false'),
  },
  {
    id: 'kubernetes-writable',
    description: 'a writable root file system',
    verifier: 'kubernetes',
    expects: /has a writable root file system/,
    file: deployment,
    change: replace(
      'readOnlyRootFilesystem: true',
      'readOnlyRootFilesystem: false',
    ),
  },
  {
    id: 'kubernetes-escalation',
    description: 'privilege escalation allowed',
    verifier: 'kubernetes',
    expects: /allows privilege escalation/,
    file: deployment,
    change: replace(/^ *allowPrivilegeEscalation: false\n/m, ''),
  },
  {
    id: 'kubernetes-capabilities',
    description: 'capabilities kept',
    verifier: 'kubernetes',
    expects: /does not drop all capabilities/,
    file: deployment,
    change: replace('drop: [ALL]', 'drop: [NET_RAW]'),
  },
  {
    id: 'kubernetes-seccomp',
    description: 'no seccomp profile',
    verifier: 'kubernetes',
    expects: /has no seccomp profile/,
    file: deployment,
    change: replace(/type: RuntimeDefault/g, 'type: Unconfined'),
  },
  {
    id: 'kubernetes-static-replicas',
    description: 'static replicas beside the autoscaler',
    verifier: 'kubernetes',
    expects: /has static replicas beside its autoscaler/,
    file: deployment,
    change: replace(
      '  revisionHistoryLimit:',
      '  replicas: 3\n  revisionHistoryLimit:',
    ),
  },
  {
    id: 'kubernetes-no-spread',
    description: 'replicas that may share one zone',
    verifier: 'kubernetes',
    expects: /is not spread over topology\.kubernetes\.io\/zone/,
    file: deployment,
    change: replace('topology.kubernetes.io/zone', 'example.com/rack'),
  },
  {
    id: 'kubernetes-no-budget',
    description: 'no PodDisruptionBudget',
    verifier: 'kubernetes',
    expects: /has no PodDisruptionBudget/,
    file: kubernetesBase,
    change: replace(/^.*poddisruptionbudget\.yaml\n/m, ''),
  },
  {
    id: 'kubernetes-blocking-budget',
    description: 'a PodDisruptionBudget that lets no node be drained',
    verifier: 'kubernetes',
    expects: /a PodDisruptionBudget that lets no node be drained/,
    file: /poddisruptionbudget\.yaml$/,
    change: replace('maxUnavailable: 1', 'maxUnavailable: 0'),
  },
  {
    id: 'kubernetes-no-network-policy',
    description: 'no NetworkPolicy',
    verifier: 'kubernetes',
    expects: /has no NetworkPolicy/,
    file: kubernetesBase,
    change: replace(/^.*networkpolicy\.yaml\n/m, ''),
  },
  {
    id: 'kubernetes-open-network',
    description: 'a NetworkPolicy that allows every caller',
    verifier: 'kubernetes',
    expects: /a rule that allows everything/,
    file: /networkpolicy\.yaml$/,
    change: replace(/^ {2}ingress:\n/m, '  ingress:\n    - {}\n'),
  },
  {
    id: 'kubernetes-image-tag',
    description: 'an image by tag',
    verifier: 'kubernetes',
    expects: /:latest is not named by digest/,
    file: /^ci\/render-manifests\.sh$/,
    change: replace('    digest: $IMAGE_DIGEST', '    newTag: latest'),
  },
  {
    id: 'kubernetes-pod-security',
    description: 'a namespace without restricted pod security',
    verifier: 'kubernetes',
    expects: /does not enforce restricted pod security/,
    file: /overlays\/production\/namespace\.yaml$/,
    change: replace('enforce: restricted', 'enforce: privileged'),
  },
  {
    id: 'kubernetes-service-selector',
    description: 'a Service that selects nothing',
    verifier: 'kubernetes',
    expects: /selects no workload/,
    file: /^infra\/kubernetes\/base\/service\.yaml$/,
    change: replace(
      /( {2}selector:\n {4}app\.kubernetes\.io\/name: ).*/,
      '$1other',
    ),
  },
  {
    id: 'kubernetes-impatient',
    description: 'a pod that is killed while it still answers',
    verifier: 'kubernetes',
    expects: /is killed before it could end by itself/,
    file: deployment,
    change: replace(
      /terminationGracePeriodSeconds: \d+/,
      'terminationGracePeriodSeconds: 10',
    ),
  },
  {
    id: 'kubernetes-no-configuration',
    description: 'a configuration by a name nothing has',
    verifier: 'kubernetes',
    expects: /reads the ConfigMap \S+-settings, which is not there/,
    file: deployment,
    change: replace(/(configMapRef:\n +name: \S+)-environment/, '$1-settings'),
  },
  {
    id: 'kubernetes-no-port',
    description: 'a Service that leads to a port nothing has',
    verifier: 'kubernetes',
    expects: /leads to port web, which no container has/,
    file: /^infra\/kubernetes\/base\/service\.yaml$/,
    change: replace('targetPort: http', 'targetPort: web'),
  },
  {
    id: 'kubernetes-scaled-down',
    description: 'an autoscaler with fewer replicas at most than at least',
    verifier: 'kubernetes',
    expects: /has fewer replicas at most than at least/,
    file: /horizontalpodautoscaler\.yaml$/,
    change: replace(/maxReplicas: \d+/, 'maxReplicas: 1'),
  },
  {
    id: 'kubernetes-open-egress',
    description: 'a NetworkPolicy that lets everything out by one port',
    verifier: 'kubernetes',
    expects: /has a rule for everybody/,
    file: /networkpolicy\.yaml$/,
    change: replace(/( {6}to:)\n {8}- [\s\S]*?(?=\n {4}- |\n*$)/, '$1 []'),
  },
  {
    id: 'synthetic-unknown-prober',
    description: 'a synthetic check by a prober that does not exist',
    verifier: 'yaml',
    expects: /blackbox\.yaml: modules\.\S+\.prober/,
    file: /(^|\/)blackbox\.yaml$/,
    change: replace('prober: http', 'prober: htpp'),
  },
  {
    id: 'synthetic-unknown-module',
    description: 'a synthetic check by a module that is not there',
    verifier: 'prometheus',
    expects: /asks for the module other, which blackbox\.yaml does not have/,
    file: /prometheus\/prometheus\.yaml$/,
    change: replace(/module: \[.*\]/, 'module: [other]'),
  },
  {
    id: 'alert-deaf',
    description: 'a threshold nothing reaches',
    verifier: 'prometheus',
    expects: /^promtool test rules/,
    file: rules,
    change: replace(/probe_success\{([^}]*)\} == 0/, 'probe_success{$1} == -1'),
  },
  {
    id: 'alert-late',
    description: 'an alert that waits for hours',
    verifier: 'prometheus',
    expects: /^promtool test rules/,
    file: rules,
    change: replace('for: 5m', 'for: 5h'),
  },
  {
    id: 'alert-nervous',
    description: 'an alert without patience',
    verifier: 'prometheus',
    expects: /^promtool test rules/,
    file: rules,
    change: replace('        for: 3m\n', ''),
  },
  {
    id: 'rules-of-every-environment',
    description: 'rules that take staging for production',
    verifier: 'prometheus',
    expects: /^promtool test rules/,
    file: rules,
    change: replace(/, environment!="staging"/g, ''),
  },
  {
    id: 'burn-wrong-factor',
    description: 'a burn-rate factor off by ten',
    verifier: 'prometheus',
    expects: /no alert for 14\.4 times the budget/,
    file: rules,
    change: replace(/\(14\.4 \*/g, '(1.44 *'),
  },
  {
    id: 'burn-wrong-window',
    description: 'the short window of another alert',
    verifier: 'prometheus',
    expects: /no alert for 14\.4 times the budget/,
    file: rules,
    change: replace(/(slo:sli_error:ratio_rate)5m(\{[^}]*\} > on)/, '$11h$2'),
  },
  {
    id: 'sli-upside-down',
    description: 'a ratio that counts good requests as failed',
    verifier: 'prometheus',
    expects: /^promtool test rules/,
    file: rules,
    change: replace(/status=~"5\.\."/g, 'status!~"5.."'),
  },
  {
    id: 'promql-syntax',
    description: 'an expression that does not parse',
    verifier: 'prometheus',
    expects: /^promtool check rules/,
    file: rules,
    change: replace(
      'sum by (service, route) (rate(',
      'sum by service, route (rate(',
    ),
  },
  {
    id: 'alert-no-owner',
    description: 'an alert nobody owns',
    verifier: 'prometheus',
    expects: /ServiceAbsent: has no owner/,
    file: rules,
    change: replace(/(alert: ServiceAbsent[\s\S]*?) {10}owner: .*\n/, '$1'),
  },
  {
    id: 'alert-no-runbook',
    description: 'a runbook link that leads nowhere',
    verifier: 'prometheus',
    expects: /leads to no page of this repository/,
    file: rules,
    change: replace('runbooks/security-events.md', 'runbooks/security.md'),
  },
  {
    id: 'alert-untested',
    description: 'an alert without a test',
    verifier: 'prometheus',
    expects: /SecurityEvents: no test makes it fire/,
    file: /rules\.test\.yaml$/,
    change: replace(/alertname: SecurityEvents/g, 'alertname: Other'),
  },
  {
    id: 'dashboard-blind',
    description: 'a panel that shows what nothing records',
    verifier: 'prometheus',
    expects: /shows service_route:http_requests:rate7m/,
    file: /dashboard\.json$/,
    change: replace(
      'service_route:http_requests:rate5m',
      'service_route:http_requests:rate7m',
    ),
  },
  {
    id: 'gitlab-services',
    description: 'a job that needs a service container',
    verifier: 'gitlab-rules',
    expects: /uses services/,
    file: gitlabPipeline,
    change: replace(
      '\nunit-test:\n',
      '\nunit-test:\n  services: ["postgres:18"]\n',
    ),
  },
  {
    id: 'gitlab-image-tag',
    description: 'a job image named by a tag',
    verifier: 'gitlab-rules',
    expects: /its image is not named by digest/,
    file: /^\.gitlab\/toolchain\.yml$/,
    change: replace(/@sha256:[0-9a-f]{64}/, ''),
  },
  {
    id: 'gitlab-stage-missing',
    description: 'a pipeline without its scan',
    verifier: 'gitlab-rules',
    expects: /stages: are lint, test, build, sbom/,
    file: gitlabPipeline,
    change: replace('build, scan, sbom', 'build, sbom'),
  },
  {
    id: 'gitlab-builds-untested-rules',
    description: 'a build that does not wait for the tests of the alert rules',
    verifier: 'gitlab-rules',
    expects: /job build runs ci\/build\.sh without waiting for ci\/alert-rules/,
    file: gitlabPipeline,
    change: replace(
      '\n  stage: build\n',
      '\n  stage: build\n  needs: [lint, unit-test]\n',
    ),
  },
  {
    id: 'gitlab-rules-untested',
    description: 'a job of the alert rules that does not test them',
    verifier: 'gitlab-rules',
    expects: /no job runs ci\/alert-rules\.sh/,
    file: gitlabPipeline,
    change: replace('- ci/alert-rules.sh', '- echo tested'),
  },
  {
    id: 'gitlab-tested-too-late',
    description: 'alert rules that are tested beside the scan',
    verifier: 'gitlab-rules',
    expects: /job build runs ci\/build\.sh without waiting for ci\/alert-rules/,
    file: gitlabPipeline,
    change: replace(
      /(\nalert-rules:\n {2}extends: .*\n {2}stage: )test/,
      '$1scan',
    ),
  },
  {
    id: 'gitlab-goes-on',
    description: 'tests that may fail',
    verifier: 'gitlab-rules',
    expects: /job unit-test goes on after a failure/,
    file: gitlabPipeline,
    change: replace('\nunit-test:\n', '\nunit-test:\n  allow_failure: true\n'),
  },
  {
    id: 'gitlab-not-run-fails',
    description: 'NOT RUN taken for a failure',
    verifier: 'gitlab-rules',
    expects: /job scan takes NOT RUN \(exit 75\) for a failure/,
    file: gitlabPipeline,
    change: replace(
      /(\nscan:\n[\s\S]*?) {2}allow_failure:\n {4}exit_codes: \[75\]\n/,
      '$1',
    ),
  },
  {
    id: 'gitlab-branch-released',
    description: 'a branch that is delivered to production',
    verifier: 'gitlab-rules',
    expects: /job deploy-production runs for branches that are not merged/,
    file: gitlabPipeline,
    change: replace(
      '\n  resource_group: production\n',
      '\n  resource_group: production\n  rules: [{ if: $CI_COMMIT_BRANCH }]\n',
    ),
  },
  {
    id: 'gitlab-releases-overtake',
    description: 'releases that may overtake each other',
    verifier: 'gitlab-rules',
    expects: /job deploy-production has no resource group/,
    file: gitlabPipeline,
    change: replace('\n  resource_group: production\n', '\n'),
  },
  {
    id: 'gitlab-deployment-cut-short',
    description: 'a deployment with less time than it waits',
    verifier: 'gitlab-rules',
    expects: /job deploy-staging is ended before a deployment is/,
    file: gitlabPipeline,
    change: replace(/\n {2}timeout: 60 minutes/, ''),
  },
  {
    id: 'gitlab-no-way-back',
    description: 'an image that is forgotten before its release could be again',
    verifier: 'gitlab-rules',
    expects: /container-image does not keep what a deployment that runs again/,
    file: gitlabPipeline,
    change: replace(/(image\.env\*\]\n) {4}expire_in: .*\n/, '$1'),
  },
  {
    id: 'gitlab-no-timeout',
    description: 'a job without a time limit',
    verifier: 'gitlab-rules',
    expects: /has no time limit/,
    file: gitlabPipeline,
    change: replace(/^ {2}timeout: .*\n/m, ''),
  },
  {
    id: 'gitlab-passes-over',
    description: 'a shell that goes on after a failure, as all jobs begin',
    verifier: 'gitlab-rules',
    expects: /job unit-test passes over a failure of ci\/unit-test\.sh/,
    file: /^\.gitlab\/toolchain\.yml$/,
    change: replace(
      '\n  before_script:\n',
      '\n  before_script:\n    - set +eu\n',
    ),
  },
  {
    id: 'gitlab-last-of-all',
    description: 'a check after everything it should come before',
    verifier: 'gitlab-rules',
    expects: /runs ci\/build\.sh without waiting for ci\/lint\.sh/,
    file: gitlabPipeline,
    change: replace('  stage: lint\n', '  stage: .post\n'),
  },
  {
    id: 'gitlab-release-cut-short',
    description: 'a release that a newer push cuts short',
    verifier: 'gitlab-rules',
    expects: /job deploy-production is cut short for a newer one/,
    file: gitlabPipeline,
    change: replace('  interruptible: false\n', ''),
  },
  {
    id: 'gitlab-stored-key',
    description: 'a stored key to the account',
    verifier: 'gitlab-rules',
    expects: /uses a stored cloud key where id_tokens would do/,
    file: gitlabPipeline,
    change: replace(
      '\ndefault:\n',
      '\nvariables:\n  AWS_SECRET_ACCESS_KEY: $DEPLOY_KEY\ndefault:\n',
    ),
  },
  {
    id: 'gitlab-no-identity',
    description: 'a deployment without an identity of its own',
    verifier: 'gitlab-rules',
    expects: /job deploy-production deploys without an identity of its own/,
    file: gitlabPipeline,
    change: replace(
      /(\ndeploy-production:\n(?: .*\n)*?) {2}id_tokens:\n(?: {4}.*\n)+/,
      '$1',
    ),
  },
  {
    id: 'jenkins-syntax',
    description: 'a line that is no Groovy',
    verifier: 'jenkins',
    expects: /Unexpected input/,
    file: jenkinsfile,
    change: replace('int status = sh', 'int status = = sh'),
  },
  {
    id: 'jenkins-stage-missing',
    description: 'a pipeline without its scan',
    verifier: 'jenkins',
    expects: /its stages are lint, unit-test, alert-rules, build, sbom/,
    file: jenkinsfile,
    change: replace("stage('scan')", "stage('skipped')"),
  },
  {
    id: 'jenkins-stage-order',
    description: 'an artifact that is signed before it is listed',
    verifier: 'jenkins',
    expects: /its stages are .*\bsign, sbom\b.*;/,
    file: jenkinsfile,
    change: content =>
      content
        .replace("stage('sbom')", "stage('x')")
        .replace("stage('sign')", "stage('sbom')")
        .replace("stage('x')", "stage('sign')"),
  },
  {
    id: 'jenkins-script-missing',
    description: 'a stage that runs something else than its script',
    verifier: 'jenkins',
    expects: /stage unit-test does not run its script/,
    file: jenkinsfile,
    change: replace("sh 'ci/unit-test.sh'", "sh 'npm test'"),
  },
  {
    id: 'jenkins-goes-on',
    description: 'tests that may fail',
    verifier: 'jenkins',
    expects: /stage unit-test goes on after a failure/,
    file: jenkinsfile,
    change: replace(
      "sh 'ci/unit-test.sh'",
      "catchError(buildResult: 'SUCCESS') { sh 'ci/unit-test.sh' }",
    ),
  },
  {
    id: 'jenkins-fails-later',
    description: 'tests that fail the build, and let it go on to production',
    verifier: 'jenkins',
    expects: /stage unit-test goes on after a failure/,
    file: jenkinsfile,
    change: replace(
      "sh 'ci/unit-test.sh'",
      "catchError(buildResult: 'FAILURE', stageResult: 'FAILURE') {\nsh 'ci/unit-test.sh'\n}",
    ),
  },
  {
    id: 'jenkins-failure-passed-over',
    description: 'a scan whose findings are passed over',
    verifier: 'jenkins',
    expects: /passes over a failure of what may say NOT RUN/,
    file: jenkinsfile,
    change: replace(/ else if \(status != 0\) \{\n.*\n *\}/, ''),
  },
  {
    id: 'jenkins-sometimes',
    description: 'tests that some changes go without',
    verifier: 'jenkins',
    expects: /stage unit-test runs only sometimes/,
    file: jenkinsfile,
    change: replace(
      "stage('unit-test') {",
      "stage('unit-test') {\n                    when { changeset 'src/**' }",
    ),
  },
  {
    id: 'jenkins-concurrent',
    description: 'releases that may overtake each other',
    verifier: 'jenkins',
    expects: /has no disableConcurrentBuilds/,
    file: jenkinsfile,
    change: replace(/^ *disableConcurrentBuilds\(\)\n/m, ''),
  },
  {
    id: 'jenkins-folder-unread',
    description: 'a pipeline that never sees where to deploy, or who approves',
    verifier: 'jenkins',
    expects: /does not read the properties of its folder/,
    file: jenkinsfile,
    change: replace(/^ *withFolderProperties\(\)\n/m, ''),
  },
  {
    id: 'jenkins-no-timeout',
    description: 'a stage without a time limit',
    verifier: 'jenkins',
    expects: /has no time limit/,
    file: jenkinsfile,
    change: replace(/^ *options \{ timeout\(time: 60.*\n/m, ''),
  },
  {
    id: 'jenkins-deployment-cut-short',
    description: 'a deployment with less time than it waits',
    verifier: 'jenkins',
    expects: /stage deploy-staging is ended before a deployment is/,
    file: jenkinsfile,
    change: replace('time: 60', 'time: 20'),
  },
  {
    id: 'jenkins-not-run-fails',
    description: 'NOT RUN taken for a failure',
    verifier: 'jenkins',
    expects: /stage scan takes NOT RUN/,
    file: jenkinsfile,
    change: replace(/runOrWarn\('ci\/scan\.sh'.*\)/, "sh 'ci/scan.sh'"),
  },
  {
    id: 'jenkins-secret-printed',
    description: 'a secret that Groovy writes into a command',
    verifier: 'jenkins',
    expects: /may print a secret/,
    file: jenkinsfile,
    change: replace(
      "sh 'ci/smoke.sh production'",
      'sh \'ci/smoke.sh production\'\n sh "curl -H ${env.PORTAL_TOKEN}"',
    ),
  },
  {
    id: 'jenkins-secret-in-file',
    description: 'a secret where the id of its credentials belongs',
    verifier: 'jenkins',
    expects: /has a secret where an id belongs/,
    file: jenkinsfile,
    change: replace(
      'credentialsId: env.REGISTRY_CREDENTIALS_ID',
      "credentialsId: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ'",
    ),
  },
  {
    id: 'jenkins-agent-missing',
    description: 'a toolchain that is not there',
    verifier: 'jenkins',
    expects: /tools\.Dockerfile, which is not there/,
    file: jenkinsfile,
    change: replace(/toolchain\.Dockerfile'/, "tools.Dockerfile'"),
  },
  {
    id: 'jenkins-agent-tag',
    description: 'a toolchain named by a tag',
    verifier: 'jenkins',
    expects: /is not pinned by digest/,
    file: /^\.jenkins\/toolchain\.Dockerfile$/,
    change: replace(/@sha256:[0-9a-f]{64}/, ''),
  },
  {
    id: 'jenkins-workspace-left',
    description: 'a workspace with the artifact left on the agent',
    verifier: 'jenkins',
    expects: /leaves its workspace behind/,
    file: jenkinsfile,
    change: replace('deleteDir()', "echo 'done'"),
  },
  {
    id: 'jenkins-branch-released',
    description: 'a branch that is delivered to production',
    verifier: 'jenkins',
    expects: /deploy-production runs for branches that are not merged/,
    file: jenkinsfile,
    change: replace(
      /env\.BRANCH_IS_PRIMARY == 'true' && \(!env/,
      "env.CI == 'true' && (!env",
    ),
  },
  {
    id: 'jenkins-another-artifact',
    description: 'a deployment of something else than what was signed',
    verifier: 'jenkins',
    expects: /deploy-production does not deploy the artifact that was signed/,
    file: jenkinsfile,
    change: replace(
      /(stage\('deploy-production'\)[\s\S]*?)unstash 'signed'/,
      "$1sh 'ci/build.sh'",
    ),
  },
  {
    id: 'jenkins-silent-stop',
    description: 'nobody is told why the line stopped',
    verifier: 'jenkins',
    expects: /has no post block/,
    file: jenkinsfile,
    change: replace(/\n {4}post \{[\s\S]*$/, '\n}\n'),
  },
  {
    id: 'canary-unmeasured',
    description: 'a step of a canary that is not measured',
    verifier: 'kubernetes',
    expects: /is not measured at 50 %/,
    file: deployment,
    change: replace(
      /( {8}- setWeight: 50\n)[\s\S]*?podTemplateHashValue: Latest\n/,
      '$1',
    ),
  },
  {
    id: 'canary-all-at-once',
    description: 'a canary that begins with most of the requests',
    verifier: 'kubernetes',
    expects: /not little by little/,
    file: deployment,
    change: replace('setWeight: 10', 'setWeight: 45'),
  },
  {
    id: 'canary-unknown-analysis',
    description: 'a canary measured by an analysis that is not there',
    verifier: 'kubernetes',
    expects: /-other, which is not there/,
    file: deployment,
    change: replace(/templateName: (\S+)$/m, 'templateName: $1-other'),
  },
  {
    id: 'rollout-never-aborts',
    description: 'a release that is not taken back when it never gets ready',
    verifier: 'kubernetes',
    expects: /goes on when a release does not become ready/,
    file: deployment,
    change: replace(/^ *progressDeadlineAbort: true\n/m, ''),
  },
  {
    id: 'rollout-misspelt',
    description: 'a field Argo Rollouts does not have',
    verifier: 'kubernetes',
    expects: /Rollout .*\'"revisionHistoryLimits"\' does not exist in type/,
    file: deployment,
    // What our own rules read is missed by them already.
    change: content =>
      content.includes('kind: Rollout')
        ? content.replace('revisionHistoryLimit:', 'revisionHistoryLimits:')
        : content,
  },
  {
    id: 'blue-green-in-public',
    description: 'a blue-green release tried where users are',
    verifier: 'kubernetes',
    expects: /tries releases where users are/,
    file: deployment,
    change: replace(/previewService: (\S+)-preview/, 'previewService: $1'),
  },
  {
    id: 'blue-green-untried',
    description: 'a blue-green release that nothing looks at before the switch',
    verifier: 'kubernetes',
    expects: /has no prePromotionAnalysis/,
    file: deployment,
    change: replace(
      /^ {6}prePromotionAnalysis:\n[\s\S]*?(?= {6}postPromotion)/m,
      '',
    ),
  },
  {
    id: 'blue-green-burnt-bridge',
    description: 'a blue-green release with no way back',
    verifier: 'kubernetes',
    expects: /stops the old release before/,
    file: deployment,
    change: replace('scaleDownDelaySeconds: 600', 'scaleDownDelaySeconds: 0'),
  },
  {
    id: 'analysis-blind',
    description: 'an analysis of a metric the service does not have',
    verifier: 'kubernetes',
    expects: /reads http_calls_total, which the service does not measure/,
    file: analysis,
    change: replace(/http_requests_total/g, 'http_calls_total'),
  },
  {
    id: 'analysis-bucket-renamed',
    description: 'an analysis of a bucket that only some clients have',
    verifier: 'kubernetes',
    expects: /reads the bucket 1\b/,
    file: analysis,
    change: replace(/\ble=~?"[^"]*"/, 'le="1"'),
  },
  {
    id: 'analysis-syntax',
    description: 'an analysis whose query does not parse',
    verifier: 'kubernetes',
    expects: /^AnalysisTemplate: /,
    file: analysis,
    change: replace('[2m]))', '[2m])'),
  },
  {
    id: 'analysis-of-everything',
    description: 'an analysis the old release flatters',
    verifier: 'kubernetes',
    expects: /measures all releases together/,
    file: analysis,
    change: replace(/, pod=~"[^"]*"/g, ''),
  },
  {
    id: 'analysis-of-every-environment',
    description: "an analysis that reads the other environment's pods, too",
    verifier: 'kubernetes',
    expects: /measures other environments than/,
    file: analysis,
    change: replace(/, environment=~"[^"]*"/, ''),
  },
  {
    id: 'analysis-staging-reads-production',
    description: 'an analysis in staging that measures production',
    verifier: 'kubernetes',
    expects: /measures other environments than staging/,
    file: /^infra\/kubernetes\/overlays\/staging\/analysis\.yaml$/,
    change: replace('value: staging', 'value: production'),
  },
  {
    id: 'kubernetes-rules-overwritten',
    description: "rules under a name every service's have",
    verifier: 'kubernetes',
    expects: /its file rules\.yaml is not named after/,
    file: /^observability\/kustomization\.yaml$/,
    change: replace(/\S+(?==prometheus\/rules\.yaml)/, 'rules.yaml'),
  },
  {
    id: 'kubernetes-unchecked-from-outside',
    description: 'an alert about a synthetic check that nobody makes',
    verifier: 'kubernetes',
    expects: /that nobody makes/,
    file: /^infra\/kubernetes\/overlays\/production\/environment\.yaml$/,
    change: replace('prometheus_scrape_configs:', 'prometheus_scrape:'),
  },
  {
    id: 'analysis-never-fails',
    description: 'an analysis that bears with every failure',
    verifier: 'kubernetes',
    expects: /can never fail, or never ends/,
    file: analysis,
    change: replace('failureLimit: 1', 'failureLimit: 5'),
  },
  {
    id: 'gitops-any-repository',
    description: 'a project that takes manifests from anywhere',
    verifier: 'gitops',
    expects: /takes manifests from any repository/,
    file: gitops,
    change: replace(/sourceRepos:\n.*/, "sourceRepos:\n    - '*'"),
  },
  {
    id: 'gitops-any-kind',
    description: 'a project that may create anything',
    verifier: 'gitops',
    expects: /may create any kind of object/,
    file: gitops,
    change: replace('kind: Namespace', "kind: '*'"),
  },
  {
    id: 'gitops-cluster-touched',
    description: 'deployments that apply what Argo CD puts back',
    verifier: 'gitops',
    expects: /Argo CD puts back what a deployment applies/,
    file: /^ci\/service\.env$/,
    change: replace(/^: "\$\{GITOPS:=true\}"\n/m, ''),
  },
  {
    id: 'gitops-wrong-path',
    description: 'an application that reads a folder that is not there',
    verifier: 'gitops',
    expects: /overlays\/live, which is not there/,
    file: gitops,
    change: replace('overlays/production', 'overlays/live'),
  },
  {
    id: 'gitops-foreign-namespace',
    description: 'an application outside its project',
    verifier: 'gitops',
    expects: /does not allow the namespace default/,
    file: gitops,
    change: replace(
      /namespace: \S+\n {2}syncPolicy/,
      'namespace: default\n  syncPolicy',
    ),
  },
  {
    id: 'gitops-drifts',
    description: 'a cluster that may differ from the repository',
    verifier: 'gitops',
    expects: /leaves the cluster different/,
    file: gitops,
    change: replace('selfHeal: true', 'selfHeal: false'),
  },
  {
    id: 'gitops-misspelt',
    description: 'a field Argo CD does not have',
    verifier: 'gitops',
    expects: /\'"revision"\' does not exist in type/,
    file: gitops,
    change: replace('targetRevision', 'revision'),
  },
  {
    id: 'unit-root',
    description: 'a unit that runs as root',
    verifier: 'ansible',
    expects: /runs as root/,
    file: unit,
    change: replace(/^User=.*$/m, 'User=root'),
  },
  {
    id: 'unit-starts-nothing',
    description: 'a unit that starts nothing',
    verifier: 'ansible',
    expects: /starts nothing/,
    file: unit,
    change: replace(/^ExecStart=.*\n/m, ''),
  },
  {
    id: 'vagrantfile-unclosed',
    description: 'a Vagrantfile that is no Ruby',
    verifier: 'ansible',
    expects: /Vagrantfile: does not close 1 of its blocks/,
    file: /^infra\/vm\/Vagrantfile$/,
    change: replace(/^end\s*$/m, ''),
  },
  {
    id: 'role-unknown-variable',
    description: 'a wait for a port by a name nothing sets',
    verifier: 'ansible',
    expects: /speaks of service_prot, which nothing sets/,
    file: tasks,
    change: replace('service_port }}', 'service_prot }}'),
  },
  {
    id: 'unit-open',
    description: 'a unit that may write anywhere',
    verifier: 'ansible',
    expects: /does not say ProtectSystem=strict/,
    file: unit,
    change: replace(/^ProtectSystem=.*\n/m, ''),
  },
  {
    id: 'unit-impatient',
    description: 'a unit that kills what is still answering',
    verifier: 'ansible',
    expects: /is killed before it could end by itself/,
    file: unit,
    change: replace('TimeoutStopSec=40', 'TimeoutStopSec=5'),
  },
  {
    id: 'unit-gives-up',
    description: 'a unit that a bad release keeps from starting again',
    verifier: 'ansible',
    expects: /may refuse the release before/,
    file: unit,
    change: replace('StartLimitIntervalSec=0', 'StartLimitIntervalSec=300'),
  },
  {
    id: 'machines-all-at-once',
    description: 'releases that reach all machines at once',
    verifier: 'ansible',
    expects: /on all machines at once/,
    file: /^infra\/vm\/playbook\.yml$/,
    change: replace(/^ {2}serial: 1\n/m, ''),
  },
  {
    id: 'machines-restart-unprepared',
    description: 'a preparation that restarts what is not there yet',
    verifier: 'ansible',
    expects: /Prepare the machines: .*a fresh one among them/,
    file: /^infra\/vm\/roles\/service\/tasks\/provision\.yml$/,
    change: append(
      '\n- name: Restart\n  ansible.builtin.systemd:\n    name: "{{ service_name }}"\n    state: restarted\n',
    ),
  },
  {
    id: 'machine-fresh',
    stage: 'again',
    description: 'a service that is started before its release is there',
    verifier: 'ansible',
    expects: /^ansible-playbook, first run[^]*requested service/,
    file: tasks,
    change: replace(
      '- name: Make room for the release',
      '- name: Restart\n  ansible.builtin.systemd:\n    name: "{{ service_name }}"\n    state: restarted\n  when: service_under_systemd\n\n- name: Make room for the release',
    ),
  },
  {
    id: 'machine-settings-unread',
    stage: 'settings',
    description: 'settings that reach a process with the next release only',
    verifier: 'ansible',
    expects: /settings run: does not restart what other settings are for/,
    file: tasks,
    change: replace(/ \{\{ service_configuration\.checksum \}\}/g, ''),
  },
  {
    id: 'machine-no-way-back',
    stage: 'back',
    description: 'a release that is taken back without its settings',
    verifier: 'ansible',
    expects: /bad run: does not bring back what ran before/,
    file: tasks,
    change: replace(
      'dest: "{{ item.dest }}"',
      'dest: "{{ item.dest }}.before"',
    ),
  },
  {
    id: 'machine-fills-up',
    stage: 'another',
    description: 'releases that are kept for ever',
    verifier: 'ansible',
    expects: /another run: keeps the releases .*\bold\b.* and not/,
    file: tasks,
    change: replace('age: 7d', 'age: 7w'),
  },
  {
    id: 'machine-forgets-before',
    stage: 'another',
    description: 'a release that cannot be gone back to, as it is gone',
    verifier: 'ansible',
    expects: /another run: keeps the releases .* and not/,
    file: tasks,
    change: replace(/^ {6}- "\{\{ service_before\.stat.*basename \}\}"\n/m, ''),
  },
  {
    id: 'role-command',
    description: 'a task that runs a command every time',
    verifier: 'ansible',
    expects: /runs a command, which changes something every time/,
    file: tasks,
    change: replace('ansible.builtin.unarchive:', 'ansible.builtin.command:'),
  },
  {
    id: 'role-syntax',
    stage: 'again',
    description: 'a task with a module that is not there',
    verifier: 'ansible',
    expects: /^ansible-playbook, first run/,
    file: tasks,
    change: replace(
      'ansible.builtin.unarchive:',
      'ansible.builtin.unarchives:',
    ),
  },
  {
    id: 'role-unnamed',
    stage: 'lint',
    description: 'a task that does not say what it is for',
    verifier: 'ansible',
    expects: /name\[missing\]/,
    file: tasks,
    change: replace(
      '- name: Look at the artifact here\n  ansible.builtin.stat:',
      '- ansible.builtin.stat:',
    ),
  },
  {
    id: 'role-not-idempotent',
    stage: 'again',
    description: 'a second run that changes something',
    verifier: 'ansible',
    expects: /second run: changes \d+ things[^]*Write the configuration/,
    file: /service\.env\.j2$/,
    change: append('NOW={{ lookup("pipe", "date +%s%N") }}\n'),
  },
  {
    id: 'role-takes-anything',
    stage: 'tampered',
    description: 'an artifact that is not what was signed',
    verifier: 'ansible',
    expects: /unpacks an artifact that is not what was signed/,
    file: tasks,
    change: replace(
      /service_built\.stat\.checksum == service_artifact_sha256/,
      'service_built.stat.exists',
    ),
  },
  {
    id: 'machines-password',
    description: 'a password in the inventory',
    verifier: 'ansible',
    expects: /keeps a password/,
    file: /^infra\/vm\/inventory\/production\.yml$/,
    change: replace('  vars:\n', '  vars:\n    ansible_password: hunter2\n'),
  },
  {
    id: 'packer-unpinned',
    description: 'a plugin of any version',
    verifier: 'terraform',
    expects: /plugin qemu is not pinned/,
    file: /\.pkr\.hcl$/,
    change: replace(/version = "1\.1\.0"/, 'version = ">= 1.0"'),
  },
  {
    id: 'packer-unchecked',
    description: 'an image from a base nobody checked',
    verifier: 'terraform',
    expects: /begins from an image nobody checked/,
    file: /\.pkr\.hcl$/,
    change: replace(/iso_checksum( +)= .*/, 'iso_checksum$1= "none"'),
  },
  {
    id: 'terraform-syntax',
    description: 'a brace that is never closed',
    verifier: 'terraform',
    expects: /Unclosed configuration block/,
    file: terraform,
    change: append('resource "aws_lb" "x" {\n'),
  },
  {
    id: 'terraform-provider',
    description: 'a provider of any version',
    verifier: 'terraform',
    expects: /provider aws is not pinned/,
    file: terraform,
    change: replace(/version = "\d+\.\d+\.\d+"/, 'version = ">= 5"'),
  },
  {
    id: 'terraform-local-state',
    description: 'state that stays where it was run',
    verifier: 'terraform',
    expects: /keeps its state on the machine that runs it/,
    file: terraform,
    change: replace(/backend "s3" \{[\s\S]*?\n {2}\}\n/, ''),
  },
  {
    id: 'terraform-untagged',
    description: 'resources without an owner',
    verifier: 'terraform',
    expects: /resources get no tag "owner"/,
    file: terraform,
    change: replace(/^ {4}owner .*\n/m, ''),
  },
  {
    id: 'terraform-all-actions',
    description: 'a role that may do everything',
    verifier: 'terraform',
    expects: /allows every action: ecs:\*/,
    file: terraform,
    change: replace('"ecs:UpdateService"', '"ecs:*"'),
  },
  {
    id: 'terraform-all-resources',
    description: 'a role that may change every service',
    verifier: 'terraform',
    expects: /allows ecs:UpdateService on everything/,
    file: terraform,
    change: replace('[aws_ecs_service.service.id]', '["*"]'),
  },
  {
    id: 'terraform-reads-others',
    description: 'a deploy role that may read how every role is made',
    verifier: 'terraform',
    expects: /allows iam:Get\* on everything/,
    file: terraform,
    change: replace('"kms:ListAliases",', '"kms:ListAliases", "iam:Get*",'),
  },
  {
    id: 'terraform-may-not-tag',
    description: 'a deploy role that may not tag the release it registers',
    verifier: 'terraform',
    expects: /allows ecs:RegisterTaskDefinition without ecs:TagResource/,
    file: terraform,
    change: replace('"ecs:TagResource"', '"ecs:UntagResource"'),
  },
  {
    id: 'terraform-any-repository',
    description: 'a role any repository may take',
    verifier: 'terraform',
    expects: /is open to tokens with any sub/,
    file: terraform,
    change: replace(
      /test {5}= "StringEquals"\n( +variable = "\$\{var\.oidc_provider_host\}:sub)/,
      'test     = "StringLike"\n$1',
    ),
  },
  {
    id: 'terraform-logs-for-ever',
    description: 'logs that are kept for ever',
    verifier: 'terraform',
    expects: /keeps logs for ever/,
    file: terraform,
    change: replace(/^ +retention_in_days.*\n/m, ''),
  },
  {
    id: 'terraform-plain-logs',
    description: 'logs in the clear',
    verifier: 'terraform',
    expects: /is not encrypted by an own key/,
    file: terraform,
    change: replace(/^ +kms_key_id {8}= .*\n/m, ''),
  },
  {
    id: 'terraform-stays-broken',
    description: 'a bad release that is not taken back',
    verifier: 'terraform',
    expects: /does not take a bad release back/,
    file: terraform,
    change: replace('rollback = true', 'rollback = false'),
  },
  {
    id: 'terraform-open',
    description: 'a port open to the world',
    verifier: 'terraform',
    expects: /is open to the world beyond HTTPS/,
    file: terraform,
    change: replace(
      /from_port {3}= 443\n {4}to_port {5}= 443/,
      'from_port   = 22\n    to_port     = 22',
    ),
  },
  {
    id: 'terraform-silent-alarm',
    description: 'an alarm that tells nobody',
    verifier: 'terraform',
    expects: /tells nobody/,
    file: terraform,
    change: replace(/^ +alarm_actions.*\n/m, ''),
  },
  {
    id: 'terraform-no-runbook',
    description: 'an alarm without a runbook',
    verifier: 'terraform',
    expects: /names no runbook that is there/,
    file: terraform,
    change: replace('runbooks/service-absent.md', 'runbooks/gone.md'),
  },
  ...CONTAINER_TERRAFORM_MUTATIONS,
  {
    id: 'terraform-key',
    description: 'a key in the repository',
    verifier: 'terraform',
    expects: /keeps a key in the repository/,
    file: terraform,
    change: append(`# AKIA${'A'.repeat(16)}\n`),
  },
  {
    id: 'procfile-no-web',
    description: 'a Procfile without a web process',
    verifier: 'paas',
    expects: /has no web process/,
    file: /^Procfile$/,
    change: replace('web:', 'wed:'),
  },
  {
    id: 'procfile-builds',
    description: 'a process that builds when it starts',
    verifier: 'paas',
    expects: /web: builds when it starts/,
    file: /^Procfile$/,
    change: replace('./start', 'npm ci && ./start'),
  },
  {
    id: 'platform-another-build',
    description: 'a build that is asked for by the id of something else',
    verifier: 'paas',
    expects: /a good release: asks for what is not there: GET .*\/builds\//,
    file: /^ci\/deploy-paas\.sh$/,
    change: replace('| field id)"', '| field app.id)"'),
  },
  {
    id: 'platform-wrong-way-back',
    description: 'a way back to something that is no release',
    verifier: 'paas',
    expects: /one that does not answer: brings back/,
    file: /^ci\/deploy-paas\.sh$/,
    change: replace('field 0.id <<<', 'field 0.user.id <<<'),
  },
  {
    id: 'platform-builds-nothing',
    description: 'a failed build that is waited for as a good one',
    verifier: 'paas',
    expects: /one that is not built: brings back/,
    file: /^ci\/deploy-paas\.sh$/,
    change: replace('[ "$status" = succeeded ] ||', 'true ||'),
  },
  {
    id: 'platform-impatient',
    description: 'a delivery that ends when the platform hangs up once',
    verifier: 'paas',
    expects: /a good release: ends with/,
    file: /^ci\/deploy-paas\.sh$/,
    change: replace(' || status=pending', ''),
  },
  {
    id: 'platform-finds-no-language',
    description:
      'an artifact that a platform builds without sources, or takes for no language',
    verifier: 'paas',
    expects: /ci\/build\.sh: (packs a script that builds|does not pack)/,
    file: /^ci\/build\.sh$/,
    beside: /^Procfile$/,
    change: replace(
      / && npm pkg delete scripts\.build|^cp \.python-version .*\n/m,
      '',
    ),
  },
  {
    id: 'app-unready',
    description: 'an app that gets requests before it is ready',
    verifier: 'paas',
    expects: /sends requests to what is not ready/,
    file: /^app\.json$/,
    change: replace('/readyz', '/healthz'),
  },
  {
    id: 'app-slow-stop',
    description: 'an app that stops slower than the platform waits',
    verifier: 'paas',
    expects: /takes 45 seconds to stop/,
    file: /^app\.json$/,
    change: replace('"25"', '"45"'),
  },
];

/** What a broken clone is asked to do, and has to refuse. */
export type ScriptMutation = {
  id: string;
  description: string;
  file: RegExp;
  change: (content: string) => string;
  /**
   * How the file's bytes are read and written; as UTF-8 by default. Latin-1 keeps every byte, and writes what is no UTF-8; UTF-16 keeps all
   * but an odd last one.
   */
  encoding?: 'latin1' | 'utf16le';
  /** Command that must fail; 75 says that it could not look. */
  command: [string, ...string[]];
  /** What it has to say, where it could fail of something else in a copy. */
  expects?: RegExp;
  /** The tool without which the command cannot look; outside CI, the mutation is skipped where it is missing. */
  needs?: string;
  /** What the report says has noticed; the command's own name by default. */
  verifier?: string;
  /** Whether the command mostly waits, which leaves most of a processor to others. */
  waits?: boolean;
};

/** A known way to break what was built. Running it must tell. */
export type ArtifactMutation = Omit<
  ScriptMutation,
  'command' | 'needs' | 'waits' | 'verifier'
> & {
  /** The trial that has to notice, where it is not the kind's main one. */
  trial?: CheckId;
  /** The part of the trial that has to notice, where it has parts; the others are not tried. */
  part?: string;
};

/** A token's look without being one; put together here so that no scanner of this repository takes it for real. */
export const LOOKS_LIKE_A_TOKEN = [
  'ghp',
  'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8',
].join('_');

/**
 * What somebody does who may replace what lies in the build folder, where the repository has a key: the artifact is another, its hash fits, and
 * a key of its own signs. Before that, what the repository's key signed has to be taken, or refusing would say nothing.
 */
const REPLACED_AND_SIGNED = `set -e
for archive in build/*.tar.gz; do
  echo "$(openssl dgst -sha256 -r "$archive" | cut -d ' ' -f 1)  \${archive#build/}" >"$archive.sha256"
done
export DEPLOY_TARGET=kubernetes
SIGNING_KEY="$(openssl genpkey -algorithm ed25519)"
openssl pkey -pubout -out signing.pub <<<"$SIGNING_KEY"
SIGNING_KEY="$SIGNING_KEY" ci/sign.sh || exit 0
ci/verify-signature.sh || exit 0
unset SIGNING_KEY
ci/sign.sh
ci/verify-signature.sh
`;

/** What the scripts of every language catch in a clone that was built and signed: artifacts are signed, secrets are found, rules tested. */
export const SCRIPT_MUTATIONS: readonly ScriptMutation[] = [
  {
    id: 'rule-never-fires',
    description: 'an alert that waits for a hundred times too much',
    expects: /^\s*FAILED/m,
    file: /^observability\/prometheus\/rules\.yaml$/,
    change: replace(
      '(14.4 * slo:error_budget:ratio)',
      '(1440 * slo:error_budget:ratio)',
    ),
    command: ['ci/alert-rules.sh'],
    needs: 'promtool',
  },
  {
    id: 'secret-committed',
    description: 'a token in a file',
    expects: /docs\/index\.md/,
    file: /^docs\/index\.md$/,
    change: append(`\n${LOOKS_LIKE_A_TOKEN}\n`),
    command: ['ci/scan.sh'],
  },
  {
    id: 'secret-in-utf-16',
    description: 'a token in letters of two bytes',
    expects: /docs\/index\.md/,
    file: /^docs\/index\.md$/,
    encoding: 'utf16le',
    change: append(`\n${LOOKS_LIKE_A_TOKEN}\n`),
    command: ['ci/scan.sh'],
  },
  {
    id: 'artifact-tampered',
    description: 'an artifact changed after it was signed',
    expects: /is not what was built/,
    file: /^build\/.*\.tar\.gz$/,
    change: append('x'),
    command: ['ci/verify-signature.sh'],
  },
  {
    id: 'artifact-and-hash-tampered',
    description: 'an artifact signed for, but with another provenance',
    expects: /the signature does not fit/,
    file: /^build\/.*\.provenance\.json$/,
    change: replace(/"sha256": "[0-9a-f]{8}/, '"sha256": "00000000'),
    command: ['ci/verify-signature.sh'],
  },
  {
    id: 'artifact-replaced-and-signed',
    description: 'another artifact, signed with a key of its own beside it',
    expects: /signing\.pub: this repository did not sign it/,
    file: /^build\/.*\.tar\.gz$/,
    change: append('x'),
    encoding: 'latin1',
    command: ['bash', '-c', REPLACED_AND_SIGNED],
  },
  {
    id: 'artifact-of-a-run-released',
    description: 'an artifact signed with a key of its run, for a cluster',
    expects: /nothing says who may sign/,
    file: /^ci\/service\.env$/,
    change: replace('DEPLOY_TARGET:=local', 'DEPLOY_TARGET:=kubernetes'),
    command: ['ci/verify-signature.sh'],
  },
];

/** Mutations of the pipeline that only running it tells from one that works: which jobs are run, and what the last of them has to say. */
export const PIPELINE_MUTATIONS: readonly (Omit<
  ScriptMutation,
  'command' | 'expects' | 'needs' | 'waits' | 'verifier'
> & { jobs: string[]; expects: RegExp })[] = [
  {
    id: 'pipeline-artifact-undeclared',
    description: 'a build that keeps what it built to itself',
    file: /^\.gitlab-ci\.yml$/,
    change: replace(
      /(\nbuild:\n(?: .*\n)*?) {2}artifacts:\n(?: {4}.*\n)+/,
      '$1',
    ),
    jobs: ['build', 'sign'],
    expects: /\.tar\.gz is missing: run ci\/build\.sh first/,
  },
];

/** Mutations of how releases are brought out on one machine, caught by bringing good and bad ones out. */
export const DELIVERY_MUTATIONS: readonly (Omit<ScriptMutation, 'command'> & {
  strategy: string;
})[] = [
  {
    id: 'delivery-ignores-failures',
    description: 'a canary that goes on when its share fails',
    strategy: 'canary',
    file: /^ci\/deploy-local\.sh$/,
    change: replace('[ "$failed" -eq 0 ]', 'true'),
  },
  {
    id: 'delivery-no-way-back',
    description: 'a switch that is not taken back',
    strategy: 'blue-green',
    file: /^ci\/deploy-local\.sh$/,
    change: replace(/^ {4}make_current "\$old_pid".*$/m, '    true'),
  },
  {
    id: 'delivery-ends-others',
    description: 'whatever has the number of the process before is ended',
    strategy: 'rolling',
    expects: /ends a process that is not its own/,
    file: /^ci\/lib\.sh$/,
    change: replace(
      / && \[ "\$\(start_of "\$1"\)" = "\$2" \]/,
      ' && kill -0 "$1"',
    ),
  },
];

/** Verifiers whose mutations break what every project has, and those of them that break what only a service has. */
const COMMON_VERIFIERS: ReadonlySet<string> = new Set([
  'dockerfile',
  'entities',
  'github-workflows',
  'gitlab-rules',
  'jenkins',
  'markdown-links',
  'shell',
  'yaml',
]);
const OF_SERVICES: ReadonlySet<string> = new Set([
  'entity-api-misspelt',
  'entity-no-api-text',
  'synthetic-unknown-prober',
  'link-broken',
  'page-unlisted',
  'yaml-bad-indentation',
]);

/** Does a mutation break what every project has, whatever it does? */
export function isOfEveryProject({
  id,
  verifier,
}: Pick<Mutation, 'id' | 'verifier'>): boolean {
  return COMMON_VERIFIERS.has(verifier) && !OF_SERVICES.has(id);
}
