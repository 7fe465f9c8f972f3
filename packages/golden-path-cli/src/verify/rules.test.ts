import {
  alertFindings,
  metricNames,
  type Rules,
  sharedRecords,
} from './prometheus';
import { dockerfileFindings } from './dockerfile';
import { pinningFindings, workflowFindings } from './githubWorkflows';
import { forOldKustomize } from './kubernetes';
import { kubernetesFindings, objectSchema } from './kubernetesRules';
import { linksOf, slugOf } from './markdownLinks';
import {
  gitlabFindings,
  jobResults,
  notRunLines,
  toolNotThere,
} from './pipeline';
import { reportFindings } from './portalReceiver';
import { terraformFindings } from './terraform';
import { parseFindings } from './yamlFiles';

const messages = (findings: { where: string; message: string }[]) =>
  findings.map(f => `${f.where}: ${f.message}`).join('\n');

const sha = 'a'.repeat(40);
const digest = `sha256:${'b'.repeat(64)}`;

describe('pinningFindings', () => {
  it.each([
    [`      - uses: actions/checkout@${sha} # v6.0.2`, ''],
    [`        uses: a/b/path@${sha} # 1.2.3`, ''],
    ['      - uses: ./.github/actions/toolchain', ''],
    ['      - uses: actions/checkout@v6', 'not pinned'],
    [
      `      - uses: actions/checkout@${sha.slice(0, 12)} # v6.0.2`,
      'not pinned',
    ],
    [`      - uses: actions/checkout@${sha}`, 'does not name its version'],
    [
      `      - uses: actions/checkout@${sha} # main`,
      'does not name its version',
    ],
    ['      - uses: docker://alpine:3', 'not pinned'],
  ])('%s: %s', (line, message) => {
    expect(messages(pinningFindings('w.yml', line))).toContain(message);
    expect(pinningFindings('w.yml', line)).toHaveLength(message ? 1 : 0);
  });
});

describe('workflowFindings', () => {
  const good = `
on: { push: { branches: [main] } }
permissions:
  contents: read
concurrency: one
jobs:
  lint:
    timeout-minutes: 5
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@${sha}
        with: { persist-credentials: false }
      - run: make lint
`;
  it('accepts least privilege', () => {
    expect(workflowFindings('w.yml', good)).toEqual([]);
  });
  it.each([
    ['contents: read', 'contents: write', /the top must say/],
    ['permissions:\n  contents: read', 'name: x', /the top must say/],
    ['concurrency: one\n', '', /concurrency/],
    ['push:', 'pull_request_target:', /strangers/],
    ['    timeout-minutes: 5\n', '', /time limit/],
    ['persist-credentials: false', 'fetch-depth: 0', /credentials/],
    ['    timeout', '    permissions: write-all\n    timeout', /blanket/],
    [
      '    timeout',
      '    permissions: { actions: write }\n    timeout',
      /may write actions/,
    ],
    ['make lint', 'echo ${{ github.head_ref }}', /stranger/],
    ['make lint', 'make lint # AWS_SECRET_ACCESS_KEY', /OIDC/],
  ])('notices %j become %j', (from, to, message) => {
    expect(good).toContain(from);
    expect(messages(workflowFindings('w.yml', good.replace(from, to)))).toMatch(
      message,
    );
  });
});

describe('dockerfileFindings', () => {
  const good = `FROM node:24@${digest} AS build
RUN make
FROM gcr.io/distroless/nodejs24@${digest}
COPY --from=build /app /app
USER 65532:65532
`;
  it('accepts a small pinned non-root image', () => {
    expect(dockerfileFindings('Dockerfile', good)).toEqual([]);
  });
  it.each([
    [`node:24@${digest}`, 'node:24', /not pinned/],
    ['USER 65532:65532\n', '', /numeric/],
    ['USER 65532:65532', 'USER nobody', /numeric/],
    ['USER 65532:65532', 'USER 0', /numeric/],
    ['gcr.io/distroless/nodejs24', 'node:24', /shell/],
    ['RUN make', 'RUUN make', /no instruction/],
    ['COPY --from', 'ADD --from', /use COPY/],
    ['RUN make', 'ENV API_TOKEN=x', /secret/],
  ])('notices %j become %j', (from, to, message) => {
    expect(good).toContain(from);
    expect(
      messages(dockerfileFindings('Dockerfile', good.replace(from, to))),
    ).toMatch(message);
  });
  it('notices a single stage and an empty file', () => {
    expect(
      messages(
        dockerfileFindings('D', `FROM a/distroless@${digest}\nUSER 1\n`),
      ),
    ).toMatch(/one stage/);
    expect(messages(dockerfileFindings('D', ''))).toMatch(/no instructions/);
  });
});

describe('kubernetesFindings', () => {
  it('names everything a bare deployment lacks', () => {
    const bare = objectSchema.parse({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: {
        selector: { matchLabels: { app: 'x' } },
        template: {
          metadata: { labels: { app: 'x' } },
          spec: { containers: [{ name: 'c', image: 'x:latest' }] },
        },
      },
    });
    const found = messages(kubernetesFindings('production', [bare]));
    for (const lack of [
      'requests no cpu',
      'requests no memory',
      'no cpu limit',
      'no memory limit',
      'not named by digest',
      'privilege escalation',
      'writable root',
      'drop all capabilities',
      'no liveness probe',
      'no readiness probe',
      'no startup probe',
      'may run as root',
      'no numeric non-root user',
      'no seccomp profile',
      'token it does not need',
      'no service account',
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
      'not autoscaled',
      'single replica',
      'no PodDisruptionBudget',
      'no NetworkPolicy',
      'no owner label',
      'in no namespace',
    ]) {
      expect(found).toContain(lack);
    }
  });
});

describe('forOldKustomize', () => {
  it('says the same in the words of an old kubectl', () => {
    expect(
      forOldKustomize(
        'resources: [a.yaml, ../base]\npatches: [{ path: p.yaml }]\nnamespace: n\n',
      ),
    ).toBe(
      'namespace: n\nbases:\n  - ../base\nresources:\n  - a.yaml\npatchesStrategicMerge:\n  - p.yaml\n',
    );
  });
});

describe('metricNames', () => {
  it.each([
    [
      'sum by (service) (rate(http_requests_total{status=~"5.."}[5m]))',
      ['http_requests_total'],
    ],
    ['histogram_quantile(0.5, sum by (le) (rate(d_bucket[5m])))', ['d_bucket']],
    [
      'a:b:c{x="y"} > on (service) (14.4 * slo:error_budget:ratio)',
      ['a:b:c', 'slo:error_budget:ratio'],
    ],
    ['absent(build_info{service="x"}) or vector(1)', ['build_info']],
    ['up == 0 and probe_success', ['up', 'probe_success']],
  ])('%s', (expression, names) => {
    expect(metricNames(expression)).toEqual(names);
  });
});

describe('sharedRecords', () => {
  const file = (name: string, record: string, slo: string) => ({
    file: name,
    rules: {
      groups: [
        {
          name,
          rules: [
            { record, expr: 'vector(1)', labels: { slo, service: 'shop' } },
            { record, expr: 'vector(0)', labels: { service: 'shop', slo } },
          ],
        },
      ],
    },
  });

  it('finds a series that two files record', () => {
    expect(
      messages(
        sharedRecords([
          file('base', 'slo:error_budget:ratio', 'latency'),
          file('added', 'slo:error_budget:ratio', 'latency'),
        ]),
      ),
    ).toMatch(/records slo:error_budget:ratio .*latency.*, as base does/);
  });

  it.each([
    ['slo:error_budget:ratio', 'page-load'],
    ['slo_added:error_budget:ratio', 'latency'],
  ])('has nothing against %s of %s', (record, slo) => {
    expect(
      sharedRecords([
        file('base', 'slo:error_budget:ratio', 'latency'),
        file('added', record, slo),
      ]),
    ).toEqual([]);
  });
});

describe('alertFindings', () => {
  const rules = (change: object = {}): Rules => ({
    groups: [
      {
        name: 'g',
        rules: [
          {
            alert: 'Down',
            expr: 'up == 0',
            labels: { owner: 'payments', severity: 'page' },
            annotations: {
              summary: 'down',
              runbook_url: 'https://x/docs/runbooks/down.md',
            },
            ...change,
          },
        ],
      },
    ],
  });
  const tests = [
    {
      tests: [
        {
          alert_rule_test: [
            { alertname: 'Down', exp_alerts: [{}] },
            { alertname: 'Down', exp_alerts: [] },
          ],
        },
      ],
    },
  ];
  const about = (given: Rules, withTests = tests) =>
    messages(
      alertFindings('r.yaml', given, withTests, ['docs/runbooks/down.md']),
    )
      .split('\n')
      .filter(line => line.includes('Down'))
      .join('\n');

  it('accepts an alert that is owned, explained and tested both ways', () => {
    expect(about(rules())).toBe('');
  });
  it.each([
    [{ labels: { severity: 'page' } }, /no owner/],
    [{ labels: { owner: 'x', severity: 'critical' } }, /severity/],
    [{ annotations: { summary: 'x' } }, /runbook_url/],
    [
      { annotations: { summary: 'x', runbook_url: 'https://x/docs/gone.md' } },
      /runbook_url/,
    ],
  ])('notices %j', (change, message) => {
    expect(about(rules(change))).toMatch(message);
  });
  it('wants a test that fires and one that stays silent', () => {
    expect(about(rules(), [])).toMatch(/makes it fire[\s\S]*keeps it silent/);
  });
  it('wants all four burn rates', () => {
    expect(messages(alertFindings('r.yaml', rules(), tests, []))).toMatch(
      /14\.4 times[\s\S]*6 times[\s\S]*3 times[\s\S]*1 times/,
    );
  });
  it('wants none of rules in a folder of their own, unless they set an objective', () => {
    const file = 'observability/prometheus/model/rules.yaml';
    const given = rules();
    expect(messages(alertFindings(file, given, tests, []))).not.toMatch(
      /times the budget/,
    );
    given.groups[0].rules.push({
      record: 'slo:sli_error:ratio_rate1h',
      expr: 'x',
    });
    expect(messages(alertFindings(file, given, tests, []))).toMatch(
      /sets no error budget[\s\S]*14\.4 times the budget/,
    );
    given.groups[0].rules.push({ record: 'slo:error_budget:ratio', expr: 1 });
    const found = messages(alertFindings(file, given, tests, []));
    expect(found).toMatch(/14\.4 times the budget/);
    expect(found).not.toMatch(/sets no error budget/);
  });
  it.each([
    ['and', false],
    ['or', true],
    ['unless', true],
  ])('wants both windows at once: %s', (word, missing) => {
    const given = rules({
      expr: ['1h', '5m']
        .map(
          window =>
            `slo:sli_error:ratio_rate${window}{service="x"} > on (service, slo) (14.4 * slo:error_budget:ratio)`,
        )
        .join(`\n${word}\n`),
    });
    const found = messages(alertFindings('r.yaml', given, tests, []));
    expect(found.includes('no alert for 14.4 times')).toBe(missing);
  });
});

describe('terraformFindings', () => {
  it.each([
    ['ecs:RegisterTaskDefinition', 'ecs:TagResource'],
    ['ecr:PutImage', 'ecr:BatchGetImage'],
    ['lambda:UpdateFunctionCode', 's3:GetObjectVersion'],
  ])('%s wants %s beside it', (action, needed) => {
    const policy = (...actions: string[][]) =>
      new Map([
        [
          'iam.tf',
          {
            data: {
              aws_iam_policy_document: {
                deploy: [
                  {
                    statement: actions.map(of => ({
                      actions: of,
                      resources: ['arn:aws:ecs:::x'],
                    })),
                  },
                ],
              },
            },
          },
        ],
      ]);
    const message = `allows ${action} without ${needed}`;
    expect(messages(terraformFindings(policy([action]), []))).toContain(
      message,
    );
    expect(
      messages(terraformFindings(policy([action], [needed]), [])),
    ).not.toContain(message);
  });
});

describe('gitlabFindings', () => {
  const stages =
    'stages: [lint, test, build, scan, sbom, sign, image, staging, production, report]\n';
  it.each([
    [`${stages}lint: { script: [x], image: 'node@${digest}' }`, ''],
    [`${stages}lint: { script: [x], services: [pg] }`, 'services'],
    [
      `${stages}variables: { AWS_SECRET_ACCESS_KEY: $KEY }`,
      'a stored cloud key',
    ],
    [`${stages}lint: { script: [x], image: 'node:24' }`, 'digest'],
    [stages.replace('scan, sbom', 'sbom, scan'), 'the path has'],
  ])('%s', (text, message) => {
    expect(messages(gitlabFindings([{ file: 'f', text }]))).toContain(message);
    expect(gitlabFindings([{ file: 'f', text }])).toHaveLength(message ? 1 : 0);
  });
});

describe('reading a pipeline run', () => {
  const log = `
x > NOT RUN: npm audit: no answer
x > NOT RUN: npm audit: no answer
 PASS  lint
 WARN  scan   pre_script
 FAIL  build  script
`;
  it('tells what each job came to, and what was not run', () => {
    expect(jobResults(log)).toEqual({
      lint: 'PASS',
      scan: 'WARN',
      build: 'FAIL',
    });
    expect(notRunLines(log)).toEqual(['npm audit: no answer']);
  });
  it('tells a tool that is not there from a scanner that got no answer', () => {
    expect(toolNotThere(log)).toBeUndefined();
    expect(
      toolNotThere(
        'NOT RUN: ruff: not installed\nlint > NOT RUN: ruff, which is not installed: style was not looked at',
      ),
    ).toBe('ruff');
  });
});

describe('links', () => {
  it('are found outside code', () => {
    expect(
      linksOf('[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n![g](h.png)'),
    ).toEqual([
      { target: 'b.md', line: 1 },
      { target: 'h.png', line: 5 },
    ]);
  });
  it('name headings as pages do', () => {
    expect(slugOf('First five minutes')).toBe('first-five-minutes');
    expect(slugOf('What `x` is, and why')).toBe('what-x-is-and-why');
  });
});

describe('parseFindings', () => {
  it.each([
    ['a.yaml', 'a: 1\n', 0],
    ['a.yaml', 'a: 1\na: 2\n', 1],
    ['a.yaml', 'a: [1\n', 1],
    ['a.json', '{}', 0],
    ['a.json', '{,}', 1],
  ])('%s %j', (file, text, count) => {
    expect(parseFindings(file, text).length >= 1 ? 1 : 0).toBe(count);
  });
});

describe('reportFindings', () => {
  const event = (change: object = {}) => ({
    specversion: '1.0',
    id: '1',
    source: 's',
    type: 'dev.cdevents.service.deployed.0.2.0',
    data: {
      context: {
        id: '1',
        type: 'dev.cdevents.service.deployed.0.2.0',
        timestamp: '2026-01-01T00:00:00Z',
      },
      subject: {
        id: 'component:default/ledger',
        content: {
          environment: { id: 'production' },
          artifactId: `pkg:generic/ledger@${sha}?checksum=x`,
          ...change,
        },
      },
    },
  });
  const findings = (body: unknown, authorization = 'Bearer t') =>
    messages(
      reportFindings(
        {
          token: 't',
          received: [
            {
              authorization,
              contentType: 'application/cloudevents+json',
              body: typeof body === 'string' ? body : JSON.stringify(body),
            },
          ],
        },
        {
          component: 'component:default/ledger',
          commit: sha,
          environments: ['production'],
        },
      ),
    );
  it('accepts a deployment of the commit', () => {
    expect(findings(event())).toBe('');
  });
  it.each([
    [event({ artifactId: 'pkg:generic/ledger@other' }), /the commit is/],
    [event({ environment: { id: 'staging' } }), /nothing of production/],
    [{ ...event(), type: 'dev.cdevents.service.deployed' }, /no CDEvents/],
    ['{', /not JSON/],
  ])('notices %j', (body, message) => {
    expect(findings(body)).toMatch(message);
  });
  it('notices a missing token and a missing report', () => {
    expect(findings(event(), '')).toMatch(/not authorised/);
    expect(
      reportFindings(
        { token: 't', received: [] },
        { component: 'c', commit: sha, environments: ['staging'] },
      ),
    ).toHaveLength(1);
  });
});
