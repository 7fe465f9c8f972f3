import { cronJobFindings } from './kubernetesJobs';
import { deliveredFindings } from './kubernetesObservability';
import { objectSchema } from './kubernetesRules';
import { rolloutFindings } from './rolloutRules';
import { withoutEnvironment } from './service';

const configMap = (label: string, data: Record<string, string>) =>
  objectSchema.parse({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'x',
      namespace: 'ledger-production',
      labels: { 'app.kubernetes.io/name': 'ledger', [label]: '1' },
    },
    data,
  });

describe('deliveredFindings', () => {
  const rules = configMap('prometheus_rules', {
    'ledger-rules.yaml': 'expr: probe_success == 0',
  });
  const check = (target: string, environment = 'production') =>
    configMap('prometheus_scrape_configs', {
      'ledger-synthetic.yaml': JSON.stringify({
        scrape_configs: [
          {
            metrics_path: '/probe',
            static_configs: [
              { targets: [target], labels: { service: 'ledger', environment } },
            ],
          },
        ],
      }),
    });
  const messages = (...objects: ReturnType<typeof configMap>[]) =>
    deliveredFindings('production', objects).map(f => f.message);

  it('accepts files named after their service, and a check that is made', () => {
    expect(
      messages(rules, check('http://ledger.ledger-production.svc/v1')),
    ).toEqual([]);
  });
  it.each(['prometheus_rules', 'grafana_dashboard'])(
    'notices what another service overwrites: %s',
    label => {
      expect(messages(configMap(label, { 'rules.yaml': '' }))).toEqual([
        "its file rules.yaml is not named after ledger: another service's overwrites it",
      ]);
    },
  );
  it.each([
    [],
    [check('http://ledger.ledger-staging.svc/')],
    [check('http://ledger.ledger-production.svc/', 'staging')],
  ])('notices an alert about a check that nobody makes: %#', (...checks) => {
    expect(messages(rules, ...checks)).toEqual([
      expect.stringMatching(/that nobody makes$/),
    ]);
  });
});

describe('a CronJob beside a Deployment', () => {
  const envFrom = [{ configMapRef: { name: 'settings' } }];
  const pod = (container: object) => ({
    metadata: { labels: {} },
    spec: { containers: [{ name: 'c', image: 'x', ...container }] },
  });
  const objects = (canary: object) => [
    objectSchema.parse({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: { template: pod({ envFrom }) },
    }),
    objectSchema.parse({
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'x-canary' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: pod(canary) } },
      },
    }),
  ];
  it.each([
    [{}, true],
    [{ envFrom }, false],
    [{ image: 'other' }, false],
  ])('is told what the same image is told there: %j', (canary, found) => {
    const words = cronJobFindings('production', objects(canary))
      .map(f => f.message)
      .join('\n');
    expect(words.includes('is not told settings')).toBe(found);
  });
});

describe('an analysis', () => {
  const analysis = (selector: string, value?: string) =>
    rolloutFindings(
      'staging',
      [
        objectSchema.parse({
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AnalysisTemplate',
          metadata: { name: 'x' },
          spec: {
            args: [{ name: 'pods' }, { name: 'environment', value }],
            metrics: [
              {
                name: 'm',
                count: 2,
                failureLimit: 1,
                successCondition: 'true',
                provider: {
                  prometheus: {
                    query: `sum(up{service="x", ${selector}pod=~"x-{{args.pods}}-.*"})`,
                  },
                },
              },
            ],
          },
        }),
      ],
      new Set(['up']),
    ).map(f => f.message);
  const own = 'environment=~"{{args.environment}}|", ';
  it('of its own environment is accepted', () => {
    expect(analysis(own, 'staging')).toEqual([]);
  });
  it.each([
    ['', 'staging'],
    [own, 'production'],
    [own, undefined],
  ])('of another one is noticed: %j, %j', (selector, value) => {
    expect(analysis(selector, value)).toEqual([
      'm measures other environments than staging',
    ]);
  });
});

describe('withoutEnvironment', () => {
  it('names metrics whose samples do not say where they were taken', () => {
    const scrape = [
      '# HELP a Text.',
      'a{environment="proof",le="+Inf"} 1',
      'b{service="x"} 2.5e-3',
      'b{service="y"} 1',
      'c 0',
    ].join('\n');
    expect(withoutEnvironment(scrape, 'proof')).toEqual(['b', 'c']);
  });
});
