import { jenkinsFindings } from './jenkins';
import { pathWorkflowFindings } from './githubWorkflows';
import { gitlabPathFindings } from './pipeline';
import { orderFindings, reachable, scriptIn } from './pathStages';

const messages = (findings: { where: string; message: string }[]) =>
  findings.map(f => `${f.where}: ${f.message}`).join('\n');

const sha = 'a'.repeat(40);
const FILES = ['ci/verify.sh'];

describe('scriptIn', () => {
  it.each([
    ['ci/lint.sh', 'ci/lint.sh'],
    ['./ci/lint.sh || true', 'ci/lint.sh'],
    ['set -e; ci/deploy.sh production', 'ci/deploy.sh production'],
    ['ci/deploy.sh staging', 'ci/deploy.sh staging'],
    ['ci/deploy.sh test', undefined],
    ['ci/road/scan.sh', undefined],
    ['other-ci/lint.sh', undefined],
    ['. ci/service.env', undefined],
  ])('%s: %s', (text, script) => {
    expect(scriptIn(text)).toBe(script);
  });
});

describe('orderFindings', () => {
  it('looks through jobs that only lead to others', () => {
    const needs: Record<string, string[]> = { c: ['b'], b: ['a'], a: [] };
    expect([...reachable('c', name => needs[name])].sort()).toEqual(['a', 'b']);
    const runs = [
      { command: 'ci/lint.sh', job: 'a', step: 0 },
      { command: 'ci/build.sh', job: 'c', step: 0 },
    ];
    const found = (before: (job: string) => ReadonlySet<string>) =>
      messages(orderFindings('x', FILES, runs, before));
    expect(found(job => reachable(job, name => needs[name]))).not.toMatch(
      /without waiting/,
    );
    expect(found(job => new Set(needs[job]))).toMatch(
      /job c runs ci\/build\.sh without waiting for ci\/lint\.sh/,
    );
  });
});

const github = `
on:
  push: { branches: [main] }
  pull_request:
permissions: { contents: read }
concurrency:
  group: x
  cancel-in-progress: \${{ github.event_name == 'pull_request' }}
jobs:
  lint:
    steps:
      - uses: ./.github/actions/toolchain
      - run: ci/lint.sh
  unit-test:
    needs: lint
    steps:
      - run: ci/unit-test.sh
  alert-rules:
    needs: lint
    steps:
      - run: ci/alert-rules.sh
  train:
    needs: lint
    steps:
      - run: ci/train.sh
  build:
    needs: [unit-test, alert-rules, train]
    steps:
      - run: ci/build.sh
  scan:
    needs: build
    steps:
      - run: ci/scan.sh || { [ $? -eq 75 ] && echo '::warning title=Not run::See the log'; }
  sbom-and-sign:
    needs: scan
    steps:
      - run: ci/sbom.sh
      - run: ci/sign.sh
        env: { SIGNING_KEY: "\${{ github.event_name == 'push' && secrets.SIGNING_KEY || '' }}" }
      - uses: actions/upload-artifact@${sha}
        with: { name: signed, path: build/ }
  container-image:
    needs: sbom-and-sign
    if: github.event_name == 'push'
    steps:
      - if: steps.target.outputs.name == 'kubernetes'
        run: ci/image.sh || { [ $? -eq 75 ] && echo '::warning title=Not run::See the log'; }
  deploy-staging:
    needs: container-image
    if: github.event_name == 'push'
    concurrency: deploy-staging
    steps:
      - uses: actions/download-artifact@${sha}
        with: { pattern: '{signed,image}', path: build }
      - run: ci/deploy.sh staging
      - run: ci/smoke.sh staging
      - run: ci/acceptance.sh staging
  deploy-production:
    needs: deploy-staging
    if: github.event_name == 'push'
    concurrency: deploy-production
    steps:
      - uses: actions/download-artifact@${sha}
        with: { name: signed, path: build }
      - run: ci/deploy.sh production
      - run: ci/smoke.sh production
  report:
    needs: [deploy-staging, deploy-production]
    if: always() && github.event_name == 'push' && needs.deploy-staging.result == 'success'
    steps:
      - run: ci/report.sh || { [ $? -eq 75 ] && echo '::warning title=Not run::x'; }
`;

describe('pathWorkflowFindings', () => {
  const files = [
    ...FILES,
    'ci/train.sh',
    '.github/actions/toolchain/action.yml',
  ];
  const found = (text: string) =>
    messages(pathWorkflowFindings('w.yml', text, files));

  it('accepts the path', () => {
    expect(found(github)).toBe('');
  });

  it.each([
    ['- run: ci/lint.sh', '- run: ./ci/lint.sh'],
    ['- run: ci/deploy.sh staging', '- run: ./ci/deploy.sh staging'],
    [
      "if: github.event_name == 'push'",
      "if: ${{ github.actor != 'x' && github.event_name == 'push' }}",
    ],
  ])('accepts %j as %j', (from, to) => {
    const same = github.replace(from, () => to);
    expect(same).not.toBe(github);
    expect(found(same)).toBe('');
  });

  it.each([
    // What runs where.
    ['- run: ci/lint.sh', '- run: make lint', /no job runs ci\/lint\.sh/],
    // Who signs, and for how long a deployment is waited for.
    ['secrets.SIGNING_KEY', "''", /signs without the key/],
    ["github.event_name == 'push' && secrets", 'secrets', /are not merged/],
    [
      '    concurrency: deploy-staging',
      '    timeout-minutes: 20\n    concurrency: deploy-staging',
      /deploy-staging is ended before a deployment is/,
    ],
    ['- run: ci/alert-rules.sh', '- run: echo', /no job runs ci\/alert-rules/],
    ['- run: ci/train.sh', '- run: echo', /no job runs ci\/train\.sh/],
    ['- run: ci/sbom.sh\n', '- run: "true"\n', /no job runs ci\/sbom\.sh/],
    ['- run: ci/acceptance.sh staging', '- run: x', /no job runs ci\/accept/],
    [
      '- run: ci/deploy.sh production',
      '- run: ci/build.sh\n      - run: ci/deploy.sh production',
      /ci\/build\.sh runs 2 times/,
    ],
    // What waits for what.
    [
      '    needs: lint\n    steps:\n      - run: ci/unit',
      '    steps:\n      - run: ci/unit',
      /unit-test\.sh without waiting for ci\/lint/,
    ],
    [
      'needs: [unit-test, alert-rules, train]',
      'needs: [unit-test, train]',
      /build\.sh without waiting for ci\/alert-rules/,
    ],
    [
      'needs: [unit-test, alert-rules, train]',
      'needs: [alert-rules, train]',
      /build\.sh without waiting for ci\/unit-test/,
    ],
    [
      'needs: [unit-test, alert-rules, train]',
      'needs: [alert-rules, unit-test]',
      /build\.sh without waiting for ci\/train/,
    ],
    [
      '    needs: [unit-test, alert-rules, train]\n',
      '',
      /build\.sh without waiting for ci\/lint/,
    ],
    ['needs: scan', 'needs: build', /sign\.sh without waiting for ci\/scan/],
    [
      'needs: container-image',
      'needs: build',
      /deploy\.sh staging without waiting for ci\/sign/,
    ],
    [
      'needs: container-image',
      'needs: sbom-and-sign',
      /without waiting for ci\/image/,
    ],
    [
      'needs: deploy-staging',
      'needs: sbom-and-sign',
      /production without waiting for ci\/acceptance\.sh staging/,
    ],
    [
      '      - run: ci/sbom.sh\n      - run: ci/sign.sh\n',
      '      - run: ci/sign.sh\n      - run: ci/sbom.sh\n',
      /sign\.sh without waiting for ci\/sbom/,
    ],
    [
      'needs: [deploy-staging, deploy-production]',
      'needs: lint',
      /report\.sh without waiting for ci\/deploy\.sh staging/,
    ],
    // What stops the line.
    [
      'run: ci/unit-test.sh',
      'run: ci/unit-test.sh || true',
      /passes over a failure of ci\/unit-test/,
    ],
    [
      'run: ci/unit-test.sh',
      'run: |\n          set +e\n          ci/unit-test.sh\n          echo done',
      /passes over a failure of ci\/unit-test/,
    ],
    [
      'run: ci/unit-test.sh',
      "run: ci/unit-test.sh || { [ $? -eq 75 ] && echo '::warning::x'; }",
      /passes over a failure of ci\/unit-test/,
    ],
    [
      'run: ci/unit-test.sh',
      'run: ci/unit-test.sh\n        continue-on-error: true',
      /goes on after a failure/,
    ],
    [
      '  unit-test:\n',
      '  unit-test:\n    continue-on-error: true\n',
      /goes on after a failure/,
    ],
    [
      'run: ci/unit-test.sh',
      "run: ci/unit-test.sh\n        if: github.actor != 'x'",
      /only sometimes/,
    ],
    [
      '  unit-test:\n',
      "  unit-test:\n    if: github.event_name == 'push'\n",
      /only sometimes/,
    ],
    [
      "needs: container-image\n    if: github.event_name == 'push'",
      "needs: container-image\n    if: always() && github.event_name == 'push'",
      /whatever became/,
    ],
    [
      /ci\/scan\.sh \|\| .*/,
      'ci/scan.sh',
      /takes NOT RUN \(exit 75\) for a failure/,
    ],
    // What is merged.
    [
      "needs: deploy-staging\n    if: github.event_name == 'push'",
      'needs: deploy-staging',
      /not merged/,
    ],
    [
      "needs: deploy-staging\n    if: github.event_name == 'push'",
      "needs: deploy-staging\n    if: github.event_name == 'push' || true",
      /not merged/,
    ],
    ['branches: [main]', "branches: ['**']", /one branch/],
    ['push: { branches: [main] }', 'push: {}', /one branch/],
    [
      'branches: [main]',
      "branches: [main], paths: ['src/**']",
      /leaves changes out/,
    ],
    [
      'branches: [main]',
      "branches: [main], tags: ['v*']",
      /by something else than the branch/,
    ],
    [
      "needs: deploy-staging\n    if: github.event_name == 'push'",
      'needs: deploy-staging\n    if: "!(github.event_name == \'push\')"',
      /not merged/,
    ],
    [
      '- run: ci/sbom.sh\n',
      '- run: ci/sbom.sh\n      - run: ci/deploy-kubernetes.sh production\n',
      /deploys in another way: ci\/deploy-kubernetes\.sh production/,
    ],
    [
      '- run: ci/sbom.sh\n',
      '- run: ci/sbom.sh\n      - run: ci/deploy.sh "$ENVIRONMENT"\n',
      /deploys in another way: ci\/deploy\.sh "\$ENVIRONMENT"/,
    ],
    ['  pull_request:\n', '', /looks at no pull request/],
    // Which artifact.
    [
      'name: signed, path: build }\n      - run: ci/deploy',
      'name: artifact, path: build }\n      - run: ci/deploy',
      /not deploy the artifact that was signed/,
    ],
    [
      "pattern: '{signed,image}'",
      "pattern: '{unsigned,image}'",
      /not deploy the artifact that was signed/,
    ],
    [
      'name: signed, path: build/',
      'name: other, path: build/',
      /keeps nothing that is signed/,
    ],
    // One after the other.
    ['    concurrency: deploy-production\n', '', /overtake/],
    [
      'concurrency: deploy-production',
      'concurrency: { group: p, cancel-in-progress: true }',
      /cuts a release short/,
    ],
    [
      "cancel-in-progress: ${{ github.event_name == 'pull_request' }}",
      'cancel-in-progress: true',
      /cuts a release short/,
    ],
    ['./.github/actions/toolchain', './.github/actions/tools', /is not there/],
  ])('notices %j become %j', (from, to, message) => {
    const broken = github.replace(from, to);
    expect(broken).not.toBe(github);
    expect(found(broken)).toMatch(message);
  });
});

const gitlab = `
stages: [lint, test, build, scan, sbom, sign, image, staging, production, report]
default: { timeout: 15 minutes }
.toolchain:
  before_script: [x]
.release:
  extends: .toolchain
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
lint: { extends: .toolchain, stage: lint, script: [ci/lint.sh] }
unit-test: { extends: .toolchain, stage: test, script: [ci/unit-test.sh] }
alert-rules: { stage: test, script: [apt-get update, ci/alert-rules.sh], allow_failure: { exit_codes: [75] } }
train: { stage: test, script: [ci/train.sh] }
build: { stage: build, script: [ci/build.sh] }
scan: { stage: scan, script: [ci/scan.sh], allow_failure: { exit_codes: [75] } }
sbom: { stage: sbom, script: [ci/sbom.sh] }
sign: { stage: sign, script: [ci/sign.sh], artifacts: { expire_in: 90 days } }
container-image: { extends: .release, stage: image, script: [ci/image.sh], artifacts: { expire_in: 90 days }, allow_failure: { exit_codes: [75] } }
deploy-staging: { extends: .release, stage: staging, timeout: 60 minutes, resource_group: staging, script: [ci/deploy.sh staging, ci/smoke.sh staging, ci/acceptance.sh staging] }
deploy-production: { extends: .release, stage: production, timeout: 60 minutes, resource_group: production, script: [ci/deploy.sh production, ci/smoke.sh production] }
report:
  stage: report
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
      when: always
  script: [ci/report.sh]
  allow_failure: { exit_codes: [75] }
`;

describe('gitlabPathFindings', () => {
  const found = (text: string) =>
    messages(
      gitlabPathFindings(
        [{ file: '.gitlab-ci.yml', text }],
        [...FILES, 'ci/train.sh'],
      ),
    );

  it('accepts the path', () => {
    expect(found(gitlab)).toBe('');
  });

  it('accepts what is said in an included file', () => {
    const train = /^train: .*\n/m.exec(gitlab)?.[0] ?? '';
    expect(
      messages(
        gitlabPathFindings(
          [
            { file: '.gitlab-ci.yml', text: gitlab.replace(train, '') },
            { file: '.gitlab/training.yml', text: train },
          ],
          [...FILES, 'ci/train.sh'],
        ),
      ),
    ).toBe('');
  });

  it.each([
    ['script: [ci/lint.sh]', 'script: [./ci/lint.sh]'],
    ['stage: lint, script', 'stage: .pre, script'],
    ['script: [ci/lint.sh]', 'script: ["set +x", ci/lint.sh]'],
    ['script: [ci/lint.sh]', 'script: ["set +o pipefail", ci/lint.sh]'],
    // Not part of a release, or looked at by nobody.
    [
      'build: {',
      'note: { stage: report, when: always, script: [x] }\nbuild: {',
    ],
    [
      'build: {',
      'drift: { stage: test, allow_failure: { exit_codes: [75] }, script: [x] }\nbuild: {',
    ],
  ])('accepts %j as %j', (from, to) => {
    const same = gitlab.replace(from, to);
    expect(same).not.toBe(gitlab);
    expect(found(same)).toBe('');
  });

  it('accepts what waits by name', () => {
    expect(
      found(
        gitlab.replace(
          'stage: build,',
          'stage: build, needs: [{ job: unit-test }, alert-rules, train, lint],',
        ),
      ),
    ).toBe('');
  });

  it.each([
    ['script: [ci/lint.sh]', 'script: [make lint]', /no job runs ci\/lint\.sh/],
    ['ci/alert-rules.sh]', 'echo]', /no job runs ci\/alert-rules/],
    [
      '[ci/image.sh], artifacts: { expire_in: 90 days }',
      '[ci/image.sh], artifacts: { paths: [x] }',
      /container-image does not keep what a deployment that runs again/,
    ],
    [
      'stage: build,',
      'stage: build, needs: [],',
      /build\.sh without waiting for ci\/lint/,
    ],
    [
      'stage: build,',
      'stage: build, needs: [unit-test, train, lint],',
      /build\.sh without waiting for ci\/alert-rules/,
    ],
    [
      'stage: test, script: [apt',
      'stage: scan, script: [apt',
      /build\.sh without waiting for ci\/alert-rules/,
    ],
    [
      'stage: sign,',
      'stage: sign, needs: [build],',
      /sign\.sh without waiting for ci\/scan/,
    ],
    [
      'production, script: [ci/deploy.sh production, ci/smoke.sh production]',
      'production, script: [ci/smoke.sh production, ci/deploy.sh production]',
      /smoke\.sh production without waiting/,
    ],
    [
      'script: [ci/unit-test.sh]',
      'script: [ci/unit-test.sh || true]',
      /passes over a failure of ci\/unit-test/,
    ],
    [
      'script: [ci/unit-test.sh]',
      'script: ["set +e", ci/unit-test.sh]',
      /passes over a failure of ci\/unit-test/,
    ],
    [
      'script: [ci/unit-test.sh]',
      'script: [ci/unit-test.sh], allow_failure: true',
      /goes on after a failure/,
    ],
    [
      'script: [ci/unit-test.sh]',
      'script: [ci/unit-test.sh], allow_failure: { exit_codes: [75] }',
      /goes on after a failure/,
    ],
    [
      'script: [ci/scan.sh], allow_failure: { exit_codes: [75] }',
      'script: [ci/scan.sh], allow_failure: { exit_codes: [1, 75] }',
      /goes on after a failure/,
    ],
    [
      'script: [ci/scan.sh], allow_failure: { exit_codes: [75] }',
      'script: [ci/scan.sh]',
      /takes NOT RUN \(exit 75\) for a failure/,
    ],
    [
      'script: [ci/unit-test.sh]',
      'script: [ci/unit-test.sh], when: manual',
      /only sometimes/,
    ],
    [
      'script: [ci/unit-test.sh]',
      'script: [ci/unit-test.sh], rules: [{ if: $NEVER }]',
      /only sometimes/,
    ],
    [
      'script: [ci/unit-test.sh]',
      'script: [ci/unit-test.sh], only: [tags]',
      /only sometimes/,
    ],
    [
      'resource_group: production,',
      'resource_group: production, rules: [{ if: $CI_COMMIT_BRANCH }],',
      /not merged/,
    ],
    [
      'resource_group: production,',
      'resource_group: production, rules: [{ if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH || $X }],',
      /not merged/,
    ],
    [
      'resource_group: production,',
      'resource_group: production, rules: [{ if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH, when: always }],',
      /whatever became/,
    ],
    [
      'resource_group: production,',
      'resource_group: production, rules: [{ if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH, allow_failure: true }],',
      /goes on after a failure/,
    ],
    ['resource_group: production, ', '', /overtake/],
    ['default: { timeout: 15 minutes }\n', '', /no time limit/],
    ['timeout: 60 minutes, ', '', /staging is ended before a deployment is/],
    [
      'lint: { extends: .toolchain, stage: lint,',
      'lint: { extends: .toolchain, stage: .post,',
      /build\.sh without waiting for ci\/lint/,
    ],
    [
      'stage: production,',
      'stage: .pre,',
      /deploy\.sh production without waiting for ci\/lint/,
    ],
    [
      'lint: { extends: .toolchain, stage: lint,',
      'lint: { extends: .toolchain, stage: checks,',
      /job lint is in stage checks, which is not there/,
    ],
    [
      'build: { stage: build,',
      'gate: { stage: test, needs: [unit-test, alert-rules, train, lint], when: always, script: [echo] }\nbuild: { stage: build, needs: [gate],',
      /job gate runs whatever became/,
    ],
    [
      'build: { stage: build,',
      'gate: { stage: test, rules: [{ when: on_failure }], script: [echo] }\nbuild: { stage: build,',
      /job gate runs whatever became/,
    ],
    [
      'build: { stage: build,',
      'gate: { stage: test, allow_failure: true, script: [echo] }\nbuild: { stage: build,',
      /job gate goes on after a failure/,
    ],
    [
      'default: {',
      'default: { interruptible: true,',
      /job deploy-production is cut short for a newer one/,
    ],
  ])('notices %j become %j', (from, to, message) => {
    const broken = gitlab.replace(from, to);
    expect(broken).not.toBe(gitlab);
    expect(found(broken)).toMatch(message);
  });

  it.each(['set +e', 'set +eu', 'set +eo pipefail', 'set -u +o errexit'])(
    'notices %s, wherever a shell begins',
    passing => {
      for (const [from, to] of [
        ['before_script: [x]', `before_script: ["x; ${passing}"]`],
        ['default: {', `default: { before_script: ["${passing}"],`],
        ['script: [ci/build.sh]', `script: ["${passing}", ci/build.sh]`],
      ]) {
        const broken = gitlab.replace(from, to);
        expect(broken).not.toBe(gitlab);
        expect(found(broken)).toMatch(/passes over a failure of ci\/\w+/);
      }
    },
  );
});

const released = "when { expression { env.BRANCH_IS_PRIMARY == 'true' } }";
const jenkinsfile = `
void runOrWarn(String script, String warning) {
    int status = sh(script: script, returnStatus: true)
    if (status == 75) {
        unstable("NOT RUN: \${warning}")
    } else if (status != 0) {
        error("\${script} ended with \${status}")
    }
}
pipeline {
  agent none
  options {
    withFolderProperties()
    disableConcurrentBuilds()
    buildDiscarder(logRotator(daysToKeepStr: '90'))
    timeout(time: 10, unit: 'MINUTES')
  }
  stages {
    stage('check') {
      agent { label 'x' }
      options { timeout(time: 10, unit: 'MINUTES') }
      stages {
        stage('lint') { steps { sh 'ci/lint.sh' } }
        stage('unit-test') { steps { sh 'ci/unit-test.sh' } }
        stage('alert-rules') { steps { runOrWarn('ci/alert-rules.sh', 'x') } }
        stage('train') { steps { sh 'ci/train.sh' } }
        stage('build') { steps { sh 'ci/build.sh' } }
        stage('scan') { steps { runOrWarn('ci/scan.sh', 'x') } }
        stage('sbom') { steps { sh 'ci/sbom.sh' } }
        stage('sign') { steps { sh 'ci/sign.sh' } }
      }
      post { cleanup { deleteDir() } }
    }
    stage('release') {
      agent { label 'x' }
      options { timeout(time: 10, unit: 'MINUTES') }
      stages {
        stage('deploy-staging') {
          ${released}
          steps {
            unstash 'signed'
            sh 'ci/deploy.sh staging'
            sh 'ci/smoke.sh staging'
            sh 'ci/acceptance.sh staging'
          }
        }
        stage('deploy-production') {
          when { expression { env.BRANCH_IS_PRIMARY == 'true' && (!env.A || env.B == 'true') } }
          steps {
            catchError(buildResult: 'FAILURE', stageResult: 'FAILURE') {
              unstash 'signed'
              sh 'ci/deploy.sh production'
              sh 'ci/smoke.sh production'
            }
          }
        }
        stage('report') {
          ${released}
          steps { runOrWarn('ci/report.sh', 'x') }
        }
      }
      post { cleanup { deleteDir() } }
    }
  }
  post { failure { echo 'x' } }
}
`;

describe('a whole Jenkinsfile', () => {
  const found = (text: string) =>
    messages(jenkinsFindings(text, new Map(), [...FILES, 'ci/train.sh']));
  const fails = "catchError(buildResult: 'FAILURE', stageResult: 'FAILURE') {";

  it('accepts the path', () => {
    expect(found(jenkinsfile)).toBe('');
  });

  it('accepts what a stage above says for all below it', () => {
    const above = jenkinsfile
      .split(`${released}\n`)
      .join('\n')
      .replace("stage('release') {", `stage('release') { ${released}`);
    expect(found(above)).toBe('');
  });

  it.each([
    [
      "sh 'ci/unit-test.sh'",
      `${fails}\nsh 'ci/unit-test.sh'\n}`,
      /unit-test goes on after a failure/,
    ],
    [
      "sh 'ci/deploy.sh staging'",
      `${fails}\nsh 'ci/deploy.sh staging'\n}`,
      /deploy-staging goes on after a failure/,
    ],
    [
      "sh 'ci/train.sh'",
      `${fails}\nsh 'ci/train.sh'\n}`,
      /train goes on after a failure/,
    ],
    ["sh 'ci/train.sh'", "sh 'ci/train.sh || true'", /passes over a failure/],
    [
      'withFolderProperties()',
      'timestamps()',
      /does not read the properties of its folder/,
    ],
    [
      / else if \(status != 0\) \{\n.*\n *\}/,
      '',
      /passes over a failure of what may say NOT RUN/,
    ],
    [/stage\('train'\).*\n/, '', /no job runs ci\/train\.sh/],
    [
      /( *stage\('train'\).*\n)( *stage\('build'\).*\n)/,
      '$2$1',
      /build\.sh without waiting for ci\/train/,
    ],
    [
      "            sh 'ci/deploy.sh staging'\n            sh 'ci/smoke.sh staging'\n            sh 'ci/acceptance.sh staging'\n",
      "            sh 'ci/acceptance.sh staging'\n            sh 'ci/deploy.sh staging'\n            sh 'ci/smoke.sh staging'\n",
      /acceptance\.sh staging without waiting for ci\/deploy/,
    ],
    [
      "stage('check') {",
      "stage('check') { when { changeset 'src/**' }\n",
      /stage lint runs only sometimes/,
    ],
    [
      released,
      "when { not { expression { env.BRANCH_IS_PRIMARY == 'true' } } }",
      /deploy-staging runs for branches/,
    ],
    [
      released,
      "when { expression { !(env.BRANCH_IS_PRIMARY == 'true') } }",
      /deploy-staging runs for branches/,
    ],
    [
      released,
      "when { expression { env.BRANCH_IS_PRIMARY == 'true' || env.A } }",
      /deploy-staging runs for branches/,
    ],
    [
      released,
      "when { expression { env.A || env.BRANCH_IS_PRIMARY == 'true' } }",
      /deploy-staging runs for branches/,
    ],
  ])('notices %s become %j', (from, to, message) => {
    const broken = jenkinsfile.replace(from, to);
    expect(broken).not.toBe(jenkinsfile);
    expect(found(broken)).toMatch(message);
  });
});

describe('jenkinsFindings', () => {
  const stage = (steps: string, before = '') =>
    messages(
      jenkinsFindings(
        `pipeline { stages { stage('unit-test') { ${before} steps { ${steps} } } } }`,
        new Map(),
        FILES,
      ),
    );
  it('accepts a script that stops the line', () => {
    expect(stage("sh 'ci/unit-test.sh'")).not.toMatch(
      /goes on|only sometimes|its script/,
    );
  });

  it.each([
    ["catchError { sh 'ci/unit-test.sh' }", '', /goes on after a failure/],
    ["warnError('x') { sh 'ci/unit-test.sh' }", '', /goes on after a failure/],
    [
      "script { try { sh 'ci/unit-test.sh' } catch (e) { echo 'x' } }",
      '',
      /goes on after a failure/,
    ],
    [
      "sh(script: 'ci/unit-test.sh', returnStatus: true)",
      '',
      /goes on after a failure/,
    ],
    ["runOrWarn('ci/unit-test.sh', 'x')", '', /goes on after a failure/],
    ["sh 'set +e; ci/unit-test.sh; true'", '', /does not run its script/],
    ["sh 'ci/unit-test.sh'", 'when { expression { env.X } }', /only sometimes/],
  ])('%s %s: %s', (steps, before, message) => {
    expect(stage(steps, before)).toMatch(message);
  });
});

describe('identities', () => {
  const files = [
    ...FILES,
    'ci/train.sh',
    'ci/deploy-aws.sh',
    '.github/actions/toolchain/action.yml',
  ];
  const identified = github.replace(
    /(deploy-(?:staging|production):\n)(?= {4}needs)/g,
    '$1    permissions: { contents: read, id-token: write }\n',
  );

  it('are wanted of what deploys to an account', () => {
    expect(messages(pathWorkflowFindings('w.yml', identified, files))).toBe('');
    const without = messages(pathWorkflowFindings('w.yml', github, files));
    expect(without).toMatch(/deploy-staging deploys without an identity/);
    expect(without).toMatch(/deploy-production deploys without an identity/);
    expect(
      messages(
        pathWorkflowFindings(
          'w.yml',
          identified.replace('id-token: write', 'id-token: none'),
          files,
        ),
      ),
    ).toMatch(/deploy-staging deploys without an identity/);
    const pipeline = (text: string) =>
      messages(gitlabPathFindings([{ file: '.gitlab-ci.yml', text }], files));
    expect(pipeline(gitlab)).toMatch(/deploys without an identity/);
    expect(
      pipeline(
        gitlab.replace(
          /^(deploy-\w+: \{)/gm,
          '$1 id_tokens: { AWS_ID_TOKEN: { aud: x } },',
        ),
      ),
    ).not.toMatch(/identity/);
  });

  it.each(['id-token', 'packages', 'attestations'])(
    'and %s are for those who have a use for them',
    scope => {
      const greedy = identified.replace(
        '  lint:\n',
        `  lint:\n    permissions: { contents: read, ${scope}: write }\n`,
      );
      expect(messages(pathWorkflowFindings('w.yml', greedy, files))).toMatch(
        `job lint may write ${scope} and has no use for it`,
      );
    },
  );
});
