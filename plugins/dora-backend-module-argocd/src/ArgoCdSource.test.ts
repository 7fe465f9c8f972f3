import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { WebhookRequest } from '@pavedroad/plugin-dora-node';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import { ArgoCdSource } from './ArgoCdSource';
import { artifactOfImage, nameOfImage } from './image';
import { isRollback } from './rollback';

jest.setTimeout(120_000);

const FOLDER = path.resolve(__dirname, '../fixtures');
const V1 = '5f0c1d6f6a4b8a3b5a6a1d0b2c3d4e5f60718293';
const V2 = '9d8c7b6a5f4e3d2c1b0a99887766554433221100';
const DIGEST = `sha256:${'ab12'.repeat(16)}`;

type Change = (app: any, payload: any) => void;
const fixture = (name: string, change: Change = () => {}) => {
  const payload = JSON.parse(
    readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'),
  );
  change(payload.app, payload);
  return payload;
};
const source = (config: JsonObject = {}) =>
  ArgoCdSource.fromConfig(
    new ConfigReader({
      dora: {
        argocd: { webhookTokens: ['old-token', 'new-token'], ...config },
      },
    }),
  );
const request = (
  payload: unknown,
  headers: WebhookRequest['headers'] = {},
): WebhookRequest => ({
  body: Buffer.from(JSON.stringify(payload)),
  headers,
  receivedAt: '2026-05-04T15:00:00.000Z',
});
const read = (payload: unknown, config: JsonObject = {}) => {
  const argocd = source(config);
  const [raw] = argocd.webhook.receive(request(payload));
  return argocd.normalise(raw);
};
const one = (payload: unknown, config: JsonObject = {}) => {
  const result = read(payload, config);
  if (result.outcome !== 'accepted') {
    throw new Error(`${result.outcome}: ${result.reason}`);
  }
  expect(result.events).toHaveLength(1);
  return result.events[0];
};

const deployment = {
  type: 'deployment',
  service: {
    name: 'checkout',
    repository: 'fernhill/checkout',
    path: 'deploy/overlays/production',
    aliases: ['argocd/app-name:checkout'],
  },
  deploymentId:
    'argocd https://argocd.fernhill.example argocd checkout 2026-05-04T10:00:00.000Z',
  startedAt: '2026-05-04T10:00:00.000Z',
  environment: 'production-eu',
  revision: V2,
  url: 'https://argocd.fernhill.example/applications/argocd/checkout',
};

describe('ArgoCdSource', () => {
  it.each([
    ['deployed', 'succeeded', '10:02:00'],
    ['progressing', 'running', '10:00:00'],
    ['degraded', 'failed', '10:10:42'],
    ['sync-failed', 'failed', '10:00:42'],
  ])('reads %s as %s', (name, status, time) => {
    expect(one(fixture(name))).toEqual({
      ...deployment,
      status,
      at: `2026-05-04T${time}.000Z`,
    });
  });

  it.each([
    ['14:30:00', '15:00:00'],
    ['14:29:59', '14:29:59'],
    ['15:00:01', '15:00:01'],
  ])(
    'without a moment of health, finishes a sync of %s at %s when told at 15:00',
    (finished, at) => {
      const payload = fixture('deployed', app => {
        delete app.status.health.lastTransitionTime;
        app.status.operationState.finishedAt = `2026-05-04T${finished}Z`;
      });
      expect(one(payload)).toMatchObject({ at: `2026-05-04T${at}.000Z` });
    },
  );

  it('reads a sync under way, whose result is not known', () => {
    expect(one(fixture('running'))).toMatchObject({
      deploymentId: deployment.deploymentId,
      status: 'running',
      at: '2026-05-04T10:00:00.000Z',
    });
  });

  it('recognises a rollback and what its initiator says about it', () => {
    expect(one(fixture('rolled-back'))).toEqual({
      ...deployment,
      deploymentId: deployment.deploymentId.replace('T10', 'T11'),
      startedAt: '2026-05-04T11:00:00.000Z',
      status: 'succeeded',
      at: '2026-05-04T11:01:00.000Z',
      revision: V1,
      rollback: true,
      labels: ['hotfix'],
      fixesIncidents: ['pagerduty:PGR0VU2'],
    });
  });

  it('keeps nothing that may be secret or is long', () => {
    const payload = fixture('deployed', app => {
      const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
      app.metadata.annotations[annotation] = 'hunter2';
      app.metadata.managedFields = ['hunter2'];
      const helm = { values: 'password: hunter2', parameters: ['hunter2'] };
      const { operationState } = app.status;
      app.spec.source.helm = helm;
      app.spec.sources = [{ helm }];
      app.status.resources = ['hunter2'];
      app.status.history[0].source.helm = helm;
      operationState.syncResult.source.helm = helm;
      operationState.syncResult.resources = ['hunter2'];
      operationState.operation.sync.source = { helm };
      operationState.message = 'hunter2';
    });
    const [{ data }] = source().webhook.receive(request(payload));
    expect(JSON.stringify(data)).not.toContain('hunter2');
    expect(JSON.stringify(data)).toContain('notifications.argoproj.io');
  });

  it.each<[string, string[], string, object, boolean]>([
    ['back', ['a', 'b'], 'a', {}, true],
    ['back over several', ['a', 'b', 'c'], 'a', {}, true],
    ['forth', ['a', 'b'], 'c', {}, false],
    ['again', ['a', 'b'], 'b', {}, false],
    ['back and forth again', ['a', 'b', 'a'], 'b', {}, false],
    ['back a second time', ['a', 'b', 'a', 'c'], 'a', {}, true],
    ['where the branch is', ['a', 'b'], 'a', { automated: true }, false],
    ['with nothing before', [], 'a', {}, false],
  ])(
    'tells a sync %s: %j then %s',
    (_, before, target, initiatedBy, expected) => {
      const history = [...before, target].map((revision, index) => ({
        revision,
        deployedAt: `2026-05-0${index + 1}T00:01:00Z`,
      }));
      const operation = {
        startedAt: `2026-05-0${before.length + 1}T00:00:00Z`,
        operation: { initiatedBy, sync: { revision: target } },
      };
      expect(isRollback({ history }, operation)).toBe(expected);
      // The order of the list does not matter, nor whether it has the present one.
      expect(
        isRollback({ history: history.slice(0, -1).reverse() }, operation),
      ).toBe(expected);
    },
  );

  it('chooses the source with manifests of its own among several', () => {
    const config = { appName: '^(?<service>.+)-(?<environment>production)$' };
    expect(one(fixture('several-sources'), config)).toMatchObject({
      revision: V2,
      service: {
        name: 'ledger',
        repository: 'fernhill/ledger',
        path: 'deploy',
        aliases: [
          'argocd/app-name:ledger-production',
          'backstage.io/kubernetes-id:ledger',
        ],
      },
      environment: 'production',
    });
    expect(
      one(
        fixture('several-sources', app => {
          app.metadata.annotations['pavedroad.dev/source'] = 'Fernhill/Values';
        }),
      ),
    ).toMatchObject({
      revision: '1'.repeat(40),
      service: { repository: 'fernhill/values' },
    });
    expect(
      one(
        fixture('several-sources', app => {
          const result = app.status.operationState.syncResult;
          result.sources.splice(1);
          result.revisions.splice(1);
        }),
      ),
    ).toMatchObject({ artifact: 'pkg:helm/service@4.2.0' });
  });

  it.each<[string, JsonObject, Change, object]>([
    [
      'the image that is named as the application',
      { revisionFrom: 'images' },
      () => {},
      { revision: V2, artifact: `pkg:oci/checkout@${V2}` },
    ],
    [
      'the image that is named in the application',
      {},
      app => {
        app.metadata.annotations['pavedroad.dev/image'] = 'envoy';
      },
      { artifact: `pkg:oci/envoy@sha256:${'0b31'.repeat(16)}` },
    ],
    [
      'no image where none fits',
      { revisionFrom: 'images' },
      app => {
        app.metadata.name = 'till';
      },
      { deploymentId: expect.stringContaining('till') },
    ],
  ])('takes the revision from %s', (_, config, change, expected) => {
    const event = one(fixture('deployed', change), config);
    expect(event).toMatchObject(expected);
    expect('artifact' in event).toBe('artifact' in expected);
    // Manifests elsewhere say nothing about the service's repository.
    expect(event.service).not.toHaveProperty('repository');
  });

  it.each<[string, Change, JsonObject, object]>([
    [
      'an annotation with its component',
      app => {
        app.metadata.annotations['pavedroad.dev/component'] =
          'component:default/Till';
      },
      {},
      { entityRef: 'component:default/till' },
    ],
    [
      'a label with its component',
      app => {
        app.metadata.labels['pavedroad.dev/component'] = 'till';
      },
      {},
      { name: 'till' },
    ],
    [
      'a label of Backstage',
      app => {
        app.metadata.labels['backstage.io/kubernetes-id'] = 'till';
      },
      {},
      {
        name: 'till',
        aliases: expect.arrayContaining(['backstage.io/kubernetes-id:till']),
      },
    ],
  ])('finds the service by %s', (_, change, config, service) => {
    expect(one(fixture('deployed', change), config).service).toMatchObject(
      service,
    );
  });

  it.each<[string, Change, JsonObject, string]>([
    [
      'an annotation',
      app => {
        app.metadata.annotations['pavedroad.dev/environment'] = 'live';
      },
      { environments: [{ cluster: 'production-eu', environment: 'eu' }] },
      'live',
    ],
    [
      'a rule over its cluster',
      () => {},
      {
        environments: [
          { cluster: 'production-eu', namespace: 'other', environment: 'x' },
          {
            cluster: 'production-eu',
            namespace: 'payments',
            project: 'payments',
            instance: 'https://argocd.fernhill.example',
            environment: 'eu',
          },
        ],
      },
      'eu',
    ],
    [
      'a rule over the address of its cluster',
      app => {
        app.spec.destination = { server: 'https://10.0.0.1', namespace: 'x' };
      },
      { environments: [{ cluster: 'https://10.0.0.1', environment: 'us' }] },
      'us',
    ],
    [
      'what the template says',
      (_app, payload) => {
        payload.environment = 'staging';
      },
      {},
      'staging',
    ],
    [
      'its namespace in the cluster of Argo CD itself',
      app => {
        app.spec.destination = {
          name: 'in-cluster',
          namespace: 'checkout-dev',
        };
      },
      {},
      'checkout-dev',
    ],
  ])('finds the environment by %s', (_, change, config, environment) => {
    expect(one(fixture('deployed', change), config)).toMatchObject({
      environment,
    });
  });

  it.each<[string, string, Change]>([
    ['one never synced', 'never-synced', () => {}],
    [
      'a dry run',
      'deployed',
      app => {
        app.status.operationState.operation.sync.dryRun = true;
      },
    ],
    [
      'a sync of some resources',
      'deployed',
      app => {
        app.status.operationState.operation.sync.resources = [
          { kind: 'ConfigMap', name: 'checkout' },
        ];
      },
    ],
    [
      'one without any environment',
      'deployed',
      app => {
        app.spec.destination = { server: 'https://kubernetes.default.svc' };
      },
    ],
  ])('ignores %s and says why', (_, name, change) => {
    expect(read(fixture(name, change))).toEqual({
      outcome: 'ignored',
      reason: expect.any(String),
    });
  });

  it.each([
    ['a phase', (app: any) => (app.status.operationState.phase = 'Odd')],
    ['a health', (app: any) => (app.status.health.status = 'Odd')],
    ['a start', (app: any) => (app.status.operationState.startedAt = 'soon')],
    ['a name', (app: any) => (app.metadata.name = 7)],
  ])('rejects %s that is none', (_, change) => {
    expect(read(fixture('deployed', change)).outcome).toBe('rejected');
  });

  it.each<[string, string?, string?, string?]>([
    [
      `registry.example:5000/a/Checkout:${V1}`,
      'checkout',
      `pkg:oci/checkout@${V1}`,
      V1,
    ],
    [
      `checkout:1.2.0@${DIGEST}`,
      'checkout',
      `pkg:oci/checkout@${DIGEST}`,
      undefined,
    ],
    [`checkout:${V1}@${DIGEST}`, 'checkout', `pkg:oci/checkout@${V1}`, V1],
    ['a/checkout:1.2.0', 'checkout', 'pkg:oci/checkout@1.2.0', undefined],
    ['checkout', 'checkout', undefined, undefined],
    ['a b', undefined, undefined, undefined],
    ['', undefined, undefined, undefined],
  ])('reads the image %s as %s', (image, name, artifact, revision) => {
    expect(artifactOfImage(image)).toEqual({
      ...(artifact && { artifact }),
      ...(revision && { revision }),
    });
    expect(nameOfImage(image)).toBe(name);
  });

  it.each<[WebhookRequest['headers'], boolean]>([
    [{ 'x-webhook-token': 'old-token' }, true],
    [{ authorization: 'Bearer new-token' }, true],
    [{}, false],
    [{ 'x-webhook-token': '' }, false],
    [{ 'x-webhook-token': 'other' }, false],
    [{ authorization: 'Basic bmV3LXRva2Vu' }, false],
  ])('answers to %j: %s', async (headers, expected) => {
    const sent = request(fixture('deployed'), headers);
    expect(await source().webhook.verify(sent)).toBe(expected);
    const unconfigured = ArgoCdSource.fromConfig(new ConfigReader({}));
    expect(unconfigured.configured).toBe(false);
    expect(await unconfigured.webhook.verify(sent)).toBe(false);
  });

  it.each([{ revisionFrom: 'hope' }, { appName: '(' }])(
    'refuses the settings %j',
    config => {
      expect(() => source(config)).toThrow(/dora\.argocd\./);
    },
  );

  it.each([{}, [], { app: [] }])('refuses the body %j', body => {
    expect(() => source().webhook.receive(request(body))).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });

  it.each<[string, number, JsonObject]>([
    ['as it is', 10_000, {}],
    [
      'with every setting',
      3_000,
      {
        revisionFrom: 'images',
        appName: '^(?<service>.+)-(?<environment>production|staging)$',
        environments: [{ project: 'payments', environment: 'live' }],
      },
    ],
  ])(
    'withstands hostile payloads, bodies and tokens %s',
    async (_, mutations, config) => {
      const report = await fuzzSource({
        source: source(config),
        webhooks: readdirSync(FOLDER).map(file => ({
          name: file,
          payload: fixture(file.replace(/\.json$/, '')),
        })),
        authentication: {
          coversBody: false,
          headers: () => ({ authorization: 'Bearer new-token' }),
        },
        mutations,
      });
      expect(report.cases).toBe(mutations);
      expect(Math.min(report.accepted, report.ignored)).toBeGreaterThan(200);
      expect(report.rejected).toBeGreaterThan(50);
      expect(report.refusedBodies).toBeGreaterThan(200);
      expect(report.refusedRequests).toBeGreaterThan(400);
    },
  );
});
