import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { WebhookRequest } from '@pavedroad/plugin-dora-node';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import { momentOf } from './alert';
import { OpsgenieSource } from './OpsgenieSource';

jest.setTimeout(120_000);

const FOLDER = path.resolve(__dirname, '../fixtures');
const BASIC = `Basic ${Buffer.from('opsgenie:hunter2').toString('base64')}`;
const SHA = '5f0c1d6f6a4b8a3b5a6a1d0b2c3d4e5f60718293';
const fixture = (name: string, change: JsonObject = {}) => {
  const payload = JSON.parse(
    readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'),
  );
  Object.assign(payload.alert, change);
  return payload;
};
const source = (config: JsonObject = {}) =>
  OpsgenieSource.fromConfig(
    new ConfigReader({
      dora: {
        opsgenie: {
          webhookTokens: ['old-token', 'new-token'],
          basicAuth: [{ username: 'opsgenie', password: 'hunter2' }],
          ...config,
        },
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
  const opsgenie = source(config);
  const [raw] = opsgenie.webhook.receive(request(payload));
  return opsgenie.normalise(raw);
};

const TAGS = [
  'opsgenie.com/component-selector:service:checkout',
  'opsgenie.com/component-selector:production',
];
const TEAM_ID = '8418d193-2dab-4490-b331-8c02cdd196b7';
const SERVICE = {
  name: 'checkout',
  aliases: [
    ...TAGS,
    `opsgenie.com/team:${TEAM_ID}`,
    'opsgenie.com/team:Payments',
  ],
};
const incident = {
  type: 'incident',
  service: SERVICE,
  incidentId: 'opsgenie:052652ac-5d1c-464a-812a-7dd18bbfba8c-1777888800000',
  acrossServices: true,
  title: 'Checkout answers with errors',
  revision: SHA,
  labels: ['P1'],
};
const opened = {
  ...incident,
  action: 'opened',
  at: '2026-05-04T10:00:00.000Z',
};

describe('OpsgenieSource', () => {
  it.each([
    ['create', []],
    ['acknowledge', [['updated', '10:05']]],
    ['close', [['resolved', '10:30']]],
    ['reopen', [['reopened', '11:00']]],
    ['delete', [['resolved', '11:30']]],
  ] as const)('reads %s', (name, then) => {
    expect(read(fixture(name))).toEqual({
      outcome: 'accepted',
      events: [
        opened,
        ...then.map(([action, time]) => ({
          ...incident,
          action,
          at: `2026-05-04T${time}:00.000Z`,
        })),
      ],
    });
  });

  it('does not open what may not count', () => {
    // The close of an alert whose priority is not told: its creation decides.
    const [closed] = (
      read(fixture('close-without-details')) as { events: object[] }
    ).events;
    // Nor does it know what named the service.
    expect(closed).toMatchObject({ action: 'resolved' });
    expect(closed).not.toHaveProperty('service');
    // Its priority was lowered; what never counted is not opened by its end.
    expect(read(fixture('close', { priority: 'P5' }))).toMatchObject({
      outcome: 'accepted',
      events: [{ action: 'resolved' }],
    });
  });

  it.each(['add-note', 'escalate'])('ignores %s and says why', name => {
    expect(read(fixture(name))).toEqual({
      outcome: 'ignored',
      reason: expect.any(String),
    });
  });

  it.each(['AddTags', 'RemoveTags', 'AddTeam', 'RemoveDetails'])(
    'tells by %s whose it is now',
    action => {
      expect(
        read({
          ...fixture('acknowledge', {
            tags: ['service:ledger'],
            details: {},
            entity: '',
          }),
          action,
        }),
      ).toMatchObject({
        events: [
          { action: 'opened' },
          {
            action: 'updated',
            service: {
              aliases: expect.arrayContaining([
                'opsgenie.com/component-selector:service:ledger',
              ]),
            },
          },
        ],
      });
    },
  );

  it('takes an alert that does not count as proof that failures are told', () => {
    expect(read(fixture('create', { priority: 'P3' }))).toEqual({
      outcome: 'accepted',
      events: [
        {
          type: 'failure_data',
          service: SERVICE,
          provides: 'incidents',
          since: '2026-05-04T10:00:00.000Z',
        },
      ],
    });
  });

  it.each<[JsonObject, JsonObject, boolean]>([
    [{}, { priority: 'P2' }, true],
    [{}, { priority: 'P3' }, false],
    [{ priorities: ['p3'] }, { priority: 'P3' }, true],
    [{ priorities: ['P3'] }, {}, false],
    [{ tags: ['production'] }, {}, true],
    [{ tags: ['incident'] }, {}, false],
    [{ tags: ['incident'] }, { tags: null }, false],
  ])('with %j, %j counts: %s', (incidents, change, counts) => {
    expect(read(fixture('acknowledge', change), { incidents }).outcome).toBe(
      counts ? 'accepted' : 'ignored',
    );
  });

  it.each<[JsonObject, JsonObject, object | undefined]>([
    [
      {},
      { details: { component: 'component:default/Checkout' } },
      { entityRef: 'component:default/checkout' },
    ],
    [
      {},
      { extraProperties: { repository: 'payments/checkout' }, tags: [] },
      {
        name: 'checkout',
        repository: 'payments/checkout',
        aliases: SERVICE.aliases.slice(2),
      },
    ],
    [
      { teams: [{ id: TEAM_ID, name: 'Till' }] },
      { entity: '', responders: [] },
      { aliases: [...TAGS, 'opsgenie.com/team:Till'] },
    ],
    [{}, { entity: '', tags: [], teams: [], responders: [] }, undefined],
  ])('with %j, %j is about %j', (config, change, service) => {
    expect(read(fixture('create', change), config)).toMatchObject(
      service ? { events: [{ service }] } : { outcome: 'ignored' },
    );
  });

  it('links to the page of the alert where that is configured', () => {
    const alertUrl = 'https://fernhill.atlassian.net/jira/ops/alerts/{id}';
    expect(
      read(fixture('create', { alertId: 'a/b' }), { alertUrl }),
    ).toMatchObject({
      events: [{ url: 'https://fernhill.atlassian.net/jira/ops/alerts/a%2Fb' }],
    });
  });

  it.each<[unknown, string | undefined]>([
    [1777888800000, '2026-05-04T10:00:00.000Z'],
    [1777888800000002246, '2026-05-04T10:00:00.000Z'],
    ['1777888800000', '2026-05-04T10:00:00.000Z'],
    [0, undefined],
    [-1, undefined],
    [1e16, undefined],
    ['soon', undefined],
    [null, undefined],
  ])('reads the moment %p as %s', (value, moment) => {
    expect(momentOf(value)).toBe(moment);
  });

  it.each<[WebhookRequest['headers'], boolean]>([
    [{ 'x-webhook-token': 'old-token' }, true],
    [{ authorization: 'Bearer new-token' }, true],
    [{ authorization: BASIC }, true],
    [{}, false],
    [{ 'x-webhook-token': '' }, false],
    [{ 'x-webhook-token': 'other' }, false],
    [{ 'x-webhook-token': 'other', authorization: BASIC }, false],
    [{ 'x-webhook-token': ['old-token'] }, false],
    [{ authorization: 'Bearer other' }, false],
  ])('answers to %j: %s', async (headers, expected) => {
    const sent = request(fixture('create'), headers);
    expect(await source().webhook.verify(sent)).toBe(expected);
    const unconfigured = OpsgenieSource.fromConfig(new ConfigReader({}));
    expect(unconfigured.configured).toBe(false);
    expect(await unconfigured.webhook.verify(sent)).toBe(false);
  });

  it.each([
    {},
    [],
    { action: 'Create' },
    { alert: {} },
    { action: 'x'.repeat(90), alert: {} },
  ])('refuses the body %j', body => {
    expect(() => source().webhook.receive(request(body))).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });

  it.each<[string, string]>([
    ['x-webhook-token', 'new-token'],
    ['authorization', BASIC],
  ])(
    'withstands hostile payloads, bodies and credentials in %s',
    async (name, value) => {
      const report = await fuzzSource({
        source: source({ alertUrl: 'https://alerts.example/{id}' }),
        webhooks: readdirSync(FOLDER).map(file => ({
          name: file,
          payload: fixture(file.replace(/\.json$/, '')),
        })),
        authentication: {
          coversBody: false,
          headers: () => ({ [name]: value }),
        },
      });
      expect(report.cases).toBe(10_000);
      expect(Math.min(report.accepted, report.ignored)).toBeGreaterThan(1_000);
      expect(report.rejected).toBeGreaterThan(50);
      expect(report.refusedBodies).toBeGreaterThan(500);
      expect(report.refusedRequests).toBeGreaterThan(1_000);
    },
  );
});
