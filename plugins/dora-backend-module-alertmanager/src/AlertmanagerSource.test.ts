import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { WebhookRequest } from '@pavedroad/plugin-dora-node';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import { AlertmanagerSource } from './AlertmanagerSource';

jest.setTimeout(120_000);

const FOLDER = path.resolve(__dirname, '../fixtures');
const BASIC = `Basic ${Buffer.from('alertmanager:hunter2').toString('base64')}`;
const fixture = (name: string) =>
  JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'));

const source = (config: JsonObject = {}) =>
  AlertmanagerSource.fromConfig(
    new ConfigReader({
      dora: {
        alertmanager: {
          bearerTokens: ['old-token', 'new-token'],
          basicAuth: [{ username: 'alertmanager', password: 'hunter2' }],
          ...config,
        },
      },
    }),
  );
const request = (
  payload: unknown,
  authorization: string | string[] | undefined = 'Bearer new-token',
): WebhookRequest => ({
  body: Buffer.from(JSON.stringify(payload)),
  headers: { authorization },
  receivedAt: '2026-05-04T15:00:00.000Z',
});
const read = (payload: unknown, config: JsonObject = {}) => {
  const alertmanager = source(config);
  return alertmanager.webhook
    .receive(request(payload))
    .map(raw => alertmanager.normalise(raw));
};
/** The first alert of a fixture with other fields. */
const alertWith = (change: JsonObject, name = 'firing') => {
  const payload = fixture(name);
  payload.alerts = [
    {
      ...payload.alerts[0],
      ...change,
      labels: { ...payload.alerts[0].labels, ...(change.labels as JsonObject) },
      annotations: {
        ...payload.alerts[0].annotations,
        ...(change.annotations as JsonObject),
      },
    },
  ];
  return payload;
};

const incident = {
  type: 'incident',
  service: {
    name: 'checkout',
    aliases: ['backstage.io/kubernetes-id:checkout'],
  },
  incidentId: 'alertmanager:c6eadffa33fcdf37:2026-05-04T10:00:00.500Z',
  acrossServices: true,
  title: 'Checkout answers with errors',
  url: 'https://prometheus.example/graph?g0.expr=checkout_errors',
  environment: 'production',
};
const opened = {
  ...incident,
  action: 'opened',
  at: '2026-05-04T10:00:00.500Z',
};

describe('AlertmanagerSource', () => {
  it('opens an incident per alert that counts', () => {
    expect(read(fixture('firing'))).toEqual([
      { outcome: 'accepted', events: [opened] },
      { outcome: 'ignored', reason: expect.any(String) },
      {
        outcome: 'accepted',
        events: [
          expect.objectContaining({
            service: expect.objectContaining({ name: 'ledger' }),
            title: 'Ledger cannot take entries',
            revision: '5f0c1d6f6a4b8a3b5a6a1d0b2c3d4e5f60718293',
          }),
        ],
      },
    ]);
  });

  it('resolves it when it ended, and tells that it fired until then', () => {
    expect(read(fixture('resolved'))).toEqual([
      {
        outcome: 'accepted',
        events: [
          opened,
          {
            ...incident,
            action: 'reopened',
            at: '2026-05-04T10:30:00.499Z',
          },
          {
            ...incident,
            action: 'resolved',
            at: '2026-05-04T10:30:00.500Z',
          },
        ],
      },
    ]);
  });

  it.each([
    ['no end', { endsAt: '0001-01-01T00:00:00Z' }, '2026-05-04T15:00:00.000Z'],
    [
      'an end at its beginning',
      { endsAt: '2026-05-04T10:00:00.500Z' },
      opened.at,
    ],
  ])('resolves one with %s', (_, change, at) => {
    const [result] = read(alertWith(change, 'resolved'));
    expect(result).toMatchObject({ outcome: 'accepted' });
    const last = 'events' in result ? result.events.at(-1) : undefined;
    expect(last).toMatchObject({ action: 'resolved', at });
  });

  it('tells that an annotation names another service than before', () => {
    const [before, after] = ['till', 'ledger'].map(name =>
      source().webhook.receive(
        request(alertWith({ annotations: { component: name } })),
      ),
    );
    expect(after[0].id).not.toBe(before[0].id);
    const [was, is] = [before, after].map(
      ([raw]) =>
        (
          source().normalise(raw) as {
            events: { incidentId: string; service: object; action: string }[];
          }
        ).events,
    );
    expect(is[0].incidentId).toBe(was[0].incidentId);
    expect(is.at(-1)).toMatchObject({
      action: 'updated',
      service: { name: 'ledger' },
      at: after[0].receivedAt,
    });
  });

  it('recognises what Alertmanager repeats, and tells another firing apart', () => {
    const ids = (payload: unknown) =>
      source()
        .webhook.receive(request(payload))
        .map(({ id }) => id);
    const repeated = { ...fixture('firing'), receiver: 'other', groupKey: 'x' };
    expect(ids(repeated)).toEqual(ids(fixture('firing')));
    expect(new Set(ids(fixture('firing'))).size).toBe(3);
    expect(ids(fixture('resolved'))[0]).not.toBe(ids(fixture('firing'))[0]);
    expect(ids(fixture('firing-again'))[0]).not.toBe(ids(fixture('firing'))[0]);
    expect(read(fixture('firing-again'))[0]).toMatchObject({
      events: [
        {
          incidentId: 'alertmanager:c6eadffa33fcdf37:2026-05-04T14:00:00.000Z',
        },
      ],
    });
  });

  it('tells alerts apart by their labels where there is no fingerprint', () => {
    const idOf = (labels: JsonObject) => {
      const [result] = read(alertWith({ fingerprint: '', labels }));
      return 'events' in result && 'incidentId' in result.events[0]
        ? result.events[0].incidentId
        : undefined;
    };
    expect(idOf({})).toEqual(
      expect.stringMatching(/^alertmanager:[0-9a-f]{32}:/),
    );
    expect(idOf({})).toBe(idOf({ severity: 'critical' }));
    expect(idOf({})).not.toBe(idOf({ cluster: 'us-1' }));
  });

  it.each<[JsonObject, JsonObject, object | string]>([
    [{}, { labels: { service: '', app: 'till' } }, { name: 'till' }],
    [
      { serviceLabels: ['job'] },
      { labels: { job: 'payments/checkout' } },
      { name: 'payments/checkout' },
    ],
    [{ serviceLabels: ['squad'] }, {}, 'ignored'],
    [
      {
        services: [
          { labels: { namespace: 'x' }, entityRef: 'component:default/x' },
          {
            labels: { namespace: 'payments', service: 'checkout' },
            entityRef: 'Component:default/Checkout',
          },
        ],
      },
      {},
      { entityRef: 'component:default/checkout' },
    ],
    [
      {},
      { annotations: { component: 'component:default/till' } },
      { entityRef: 'component:default/till' },
    ],
    [{}, { annotations: { component: 'till' } }, { name: 'till' }],
    // Things of Kubernetes.
    [
      {},
      { labels: { component: 'kube-proxy', deployment: 'x' } },
      { name: 'checkout' },
    ],
  ])('with %j, %j is about %j', (config, change, service) => {
    const [result] = read(alertWith(change), config);
    expect(result).toMatchObject(
      typeof service === 'string'
        ? { outcome: service }
        : {
            events: Object.hasOwn(change, 'annotations')
              ? [{ service }, { action: 'updated', service }]
              : [{ service }],
          },
    );
    expect(JSON.stringify(result)).not.toMatch(/"deployment":/);
  });

  it.each<[JsonObject[], JsonObject, boolean]>([
    [[{ labels: { severity: 'page' } }], { severity: 'page' }, true],
    [[{ labels: { severity: 'page' } }], {}, false],
    [
      [{ labels: { __team__: 'a', incident: true } }],
      { __team__: 'a', incident: 'true' },
      true,
    ],
    [[{ labels: { severity: 'critical', env: 'prod' } }], {}, false],
    [[{ labels: { constructor: 'Object' } }], {}, false],
    [[], {}, false],
  ])('with %j, labels %j are an incident: %s', (incidents, labels, counts) => {
    const [result] = read(alertWith({ labels }), { incidents });
    expect(result.outcome).toBe(counts ? 'accepted' : 'ignored');
  });

  it.each<[string | string[] | undefined, boolean]>([
    ['Bearer old-token', true],
    ['bearer new-token', true],
    [BASIC, true],
    [undefined, false],
    ['Bearer other', false],
    ['Bearer', false],
    ['new-token', false],
    ['Basic new-token', false],
    ['Bearer YWxlcnRtYW5hZ2VyOmh1bnRlcjI=', false],
    [`${BASIC}=`, false],
    [['Bearer new-token'], false],
  ])('answers to %j: %s', async (authorization, expected) => {
    const payload = fixture('firing');
    expect(
      await source().webhook.verify({
        ...request(payload),
        headers: { authorization },
      }),
    ).toBe(expected);
    const unconfigured = AlertmanagerSource.fromConfig(new ConfigReader({}));
    expect(unconfigured.configured).toBe(false);
    expect(
      await unconfigured.webhook.verify({
        ...request(payload),
        headers: { authorization },
      }),
    ).toBe(false);
  });

  it.each([{}, [], { alerts: {} }, 7])('refuses the body %j', body => {
    expect(() => source().webhook.receive(request(body))).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });

  it('takes a time that grows with the length of the list, not with its square', () => {
    const started = Date.now();
    const alerts = Array.from({ length: 200_000 }, () => ({}));
    const received = source().webhook.receive(request({ alerts }));
    expect(new Set(received.map(({ id }) => id)).size).toBe(alerts.length);
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  it.each(['Bearer new-token', BASIC])(
    'withstands hostile payloads, bodies and credentials with %s',
    async authorization => {
      const report = await fuzzSource({
        source: source(),
        webhooks: readdirSync(FOLDER).map(name => ({
          name,
          payload: fixture(name.replace(/\.json$/, '')),
        })),
        authentication: {
          coversBody: false,
          headers: () => ({ authorization }),
        },
        mutations: 10_000,
      });
      expect(report.cases).toBe(10_000);
      expect(
        Math.min(report.accepted, report.ignored, report.rejected),
      ).toBeGreaterThan(300);
      expect(report.refusedBodies).toBeGreaterThan(500);
      expect(report.refusedRequests).toBeGreaterThan(1_000);
    },
  );
});
