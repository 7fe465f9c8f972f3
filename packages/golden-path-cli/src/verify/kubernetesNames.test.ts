import { nameFindings } from './kubernetesNames';

const labels = { app: 'ledger' };

const pod = (change: object = {}, container: object = {}) => ({
  metadata: { labels },
  spec: {
    terminationGracePeriodSeconds: 40,
    containers: [
      {
        name: 'service',
        ports: [{ name: 'http', containerPort: 8080 }],
        envFrom: [
          { configMapRef: { name: 'environment' } },
          { secretRef: { name: 'made-elsewhere' } },
        ],
        env: [{ name: 'SHUTDOWN_GRACE_SECONDS', value: '30' }],
        livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
        ...container,
      },
    ],
    ...change,
  },
});

const object = (
  kind: string,
  name: string,
  spec: Record<string, unknown> = {},
) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, labels },
  spec,
});

const good = [
  object('Deployment', 'ledger', { template: pod() }),
  object('ConfigMap', 'environment'),
  object('Service', 'ledger', {
    selector: labels,
    ports: [{ port: 80, targetPort: 'http' }],
  }),
  object('HorizontalPodAutoscaler', 'ledger', {
    minReplicas: 3,
    maxReplicas: 3,
  }),
  object('NetworkPolicy', 'ledger', {
    ingress: [],
    egress: [{ ports: [{ port: 53 }], to: [{ namespaceSelector: {} }] }],
  }),
];

/** The good objects with one of them changed. */
const found = (kind: string, spec: Record<string, unknown>) =>
  nameFindings(
    'staging',
    good.map(one => (one.kind === kind ? { ...one, spec } : one)),
  );

it('finds nothing where names and limits fit', () => {
  expect(nameFindings('staging', good)).toEqual([]);
});

it.each<[string, string, Record<string, unknown>, RegExp]>([
  [
    'a pod that is killed too early',
    'Deployment',
    { template: pod({ terminationGracePeriodSeconds: 30 }) },
    /is killed before it could end by itself/,
  ],
  [
    'a configuration that is not there',
    'Deployment',
    { template: pod({}, { envFrom: [{ configMapRef: { name: 'other' } }] }) },
    /reads the ConfigMap other, which is not there/,
  ],
  [
    'a volume of a configuration that is not there',
    'Deployment',
    { template: pod({ volumes: [{ configMap: { name: 'other' } }] }) },
    /reads the ConfigMap other, which is not there/,
  ],
  [
    'a probe of a port by a name nothing has',
    'Deployment',
    { template: pod({}, { readinessProbe: { httpGet: { port: 'web' } } }) },
    /probes its port web, which it does not have/,
  ],
  [
    'a Service that leads to a name nothing has',
    'Service',
    { selector: labels, ports: [{ port: 80, targetPort: 'web' }] },
    /leads to port web, which no container has/,
  ],
  [
    'a Service that leads to a number nothing has',
    'Service',
    { selector: labels, ports: [{ port: 80 }] },
    /leads to port 80, which no container has/,
  ],
  [
    'an autoscaler that cannot keep to itself',
    'HorizontalPodAutoscaler',
    { minReplicas: 3, maxReplicas: 2 },
    /has fewer replicas at most than at least/,
  ],
  [
    'a way out to everywhere',
    'NetworkPolicy',
    { egress: [{ ports: [{ port: 443 }], to: [] }] },
    /has a rule for everybody/,
  ],
  [
    'a way in from everywhere',
    'NetworkPolicy',
    { ingress: [{ ports: [{ port: 443 }] }] },
    /has a rule for everybody/,
  ],
])('finds %s', (_, kind, spec, message) => {
  expect(found(kind, spec)).toEqual([
    {
      where: expect.stringMatching(`staging: ${kind}`),
      message: expect.stringMatching(message),
    },
  ]);
});

it('looks into the pods of a schedule, and leaves alone what may be missing', () => {
  const job = (optional: boolean) =>
    object('CronJob', 'nightly', {
      jobTemplate: {
        spec: {
          template: pod(
            {},
            { envFrom: [{ configMapRef: { name: 'other', optional } }] },
          ),
        },
      },
    });
  expect(nameFindings('staging', [job(true)])).toEqual([]);
  expect(nameFindings('staging', [job(false)])).toHaveLength(1);
});
