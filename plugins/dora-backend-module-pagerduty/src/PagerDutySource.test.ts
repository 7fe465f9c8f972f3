import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigReader } from '@backstage/config';
import { JsonObject } from '@backstage/types';
import { WebhookRequest } from '@pavedroad/plugin-dora-node';
import { fuzzSource } from '@pavedroad/plugin-dora-node/testUtils';
import { PagerDutySource } from './PagerDutySource';

jest.setTimeout(120_000);

const OLD = 'old-signing-secret';
const NEW = 'new-signing-secret';
const FOLDER = path.resolve(__dirname, '../fixtures');
const SERVICE = {
  name: 'Checkout API',
  aliases: ['pagerduty.com/service-id:PF9KMXH'],
};
const SHA = '5f0c1d6f6a4b8a3b5a6a1d0b2c3d4e5f60718293';

const fixture = (name: string, change: JsonObject = {}) => {
  const body = JSON.parse(
    readFileSync(path.join(FOLDER, `${name}.json`), 'utf8'),
  );
  Object.assign(body.event.data, change);
  return body;
};
const sign = (body: Buffer, ...secrets: string[]) =>
  secrets
    .map(
      secret => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`,
    )
    .join(',');
const source = (config: JsonObject = {}) =>
  PagerDutySource.fromConfig(
    new ConfigReader({
      dora: { pagerduty: { webhookSecrets: [OLD, NEW], ...config } },
    }),
  );
const request = (payload: unknown, signature?: string): WebhookRequest => {
  const body = Buffer.from(JSON.stringify(payload));
  return {
    body,
    headers: {
      'x-pagerduty-signature': signature ?? sign(body, OLD),
    },
    receivedAt: '2026-05-04T12:00:00.000Z',
  };
};
const read = (payload: unknown, config: JsonObject = {}) => {
  const pagerduty = source(config);
  const [raw] = pagerduty.webhook.receive(request(payload));
  return pagerduty.normalise(raw);
};
const events = (payload: unknown, config: JsonObject = {}) => {
  const result = read(payload, config);
  if (result.outcome !== 'accepted') {
    throw new Error(`${result.outcome}: ${result.reason}`);
  }
  return result.events;
};

const incident = {
  type: 'incident',
  service: SERVICE,
  incidentId: 'pagerduty:PGR0VU2',
  acrossServices: true,
  title: 'Checkout answers with errors',
  url: 'https://fernhill.pagerduty.com/incidents/PGR0VU2',
  labels: ['P1', 'high'],
};
const opened = {
  ...incident,
  action: 'opened',
  at: '2026-05-04T10:00:00.000Z',
};

describe('PagerDutySource', () => {
  it.each([
    ['incident.triggered', []],
    ['incident.acknowledged', [['updated', '10:05']]],
    ['incident.priority_updated', [['updated', '10:10']]],
    ['incident.resolved', [['resolved', '10:30']]],
    ['incident.reopened', [['reopened', '11:00']]],
    ['incident.service_updated', [['updated', '11:05']]],
  ] as const)('reads %s', (name, then) => {
    expect(events(fixture(name))).toEqual([
      opened,
      ...then.map(([action, time]) => ({
        ...incident,
        action,
        at: `2026-05-04T${time}:00.000Z`,
      })),
    ]);
  });

  it.each([
    'incident.annotated',
    'incident.status_update_published',
    'incident.custom_field_values.updated',
    'pagey.ping',
  ])('ignores %s and says why', name => {
    expect(read(fixture(name))).toEqual({
      outcome: 'ignored',
      reason: expect.any(String),
    });
  });

  it('knows from when a service is covered', () => {
    const since = (at: string) => [
      {
        type: 'failure_data',
        service: SERVICE,
        provides: 'incidents',
        since: at,
      },
    ];
    expect(events(fixture('service.updated'))).toEqual(
      since('2026-05-01T08:00:00.000Z'),
    );
    // No failure, but proof that failures would be told.
    expect(events(fixture('incident.triggered', { urgency: 'low' }))).toEqual(
      since('2026-05-04T10:00:00.000Z'),
    );
  });

  it.each<[JsonObject, JsonObject, boolean]>([
    [{}, { urgency: 'high' }, true],
    [{}, { urgency: 'low' }, false],
    [{ urgencies: ['high', 'LOW'] }, { urgency: 'low' }, true],
    [{ priorities: ['p1'] }, {}, true],
    [{ priorities: ['P2'] }, {}, false],
    [{ priorities: ['P1'] }, { priority: null }, false],
  ])('with %j, %j counts: %s', (filter, change, counts) => {
    const result = read(fixture('incident.acknowledged', change), {
      incidents: filter,
    });
    expect(result.outcome).toBe(counts ? 'accepted' : 'ignored');
  });

  it('is over when it is resolved, though it would not count any more', () => {
    expect(
      events(fixture('incident.resolved', { urgency: 'low' })),
    ).toMatchObject([{ type: 'incident', action: 'resolved' }]);
  });

  it('names its settings, by which the inbox is read again', () => {
    expect(source().settings).not.toEqual(
      source({ incidents: { priorities: ['P1'] } }).settings,
    );
  });

  it.each<[JsonObject, object]>([
    [{ incident_key: `revision=${SHA}` }, { revision: SHA }],
    [{ title: `Errors (deployment=run-7)` }, { deployment: { id: 'run-7' } }],
    [
      {
        custom_fields: [
          { name: 'Git commit', value: SHA },
          { name: 'environment', value: 'production-eu' },
        ],
      },
      { revision: SHA, environment: 'production-eu' },
    ],
    [
      { body: { details: { artifact: 'pkg:oci/checkout@1' } } },
      { artifact: 'pkg:oci/checkout@1' },
    ],
    [
      { custom_details: { component: 'component:default/Checkout' } },
      { service: { entityRef: 'component:default/checkout' } },
    ],
    [{ incident_key: 'revision=unknown' }, {}],
  ])('reads what %j names', (change, more) => {
    expect(events(fixture('incident.triggered', change))[0]).toEqual({
      ...opened,
      ...(change.title ? { title: change.title } : {}),
      ...more,
    });
  });

  describe('verifies', () => {
    const payload = fixture('incident.triggered');
    const body = Buffer.from(JSON.stringify(payload));

    it.each([
      ['the old secret', sign(body, OLD)],
      ['the new secret', sign(body, NEW)],
      ['one of several signatures', `${sign(body, 'other', NEW)}`],
      ['signatures with spaces', sign(body, 'other', OLD).replace(',', ', ')],
    ])('%s', async (_, signature) => {
      const { webhook } = source();
      expect(await webhook.verify(request(payload, signature))).toBe(true);
    });

    it.each([
      ['no signature', ''],
      ['another secret', sign(body, 'other')],
      ['an empty secret', sign(body, '')],
      ['another version', sign(body, OLD).replace('v1', 'v0')],
      ['upper case', sign(body, OLD).toUpperCase()],
    ])('but not %s', async (_, signature) => {
      const { webhook } = source({ webhookSecrets: [OLD, ''] });
      expect(await webhook.verify(request(payload, signature))).toBe(false);
    });

    it('nothing without configuration', async () => {
      const unconfigured = PagerDutySource.fromConfig(new ConfigReader({}));
      expect(unconfigured.configured).toBe(false);
      expect(await unconfigured.webhook.verify(request(payload))).toBe(false);
    });
  });

  it.each([{}, [], { event: [] }, { event: { id: 'x' } }, { messages: [] }])(
    'refuses a body that is none of PagerDuty’s: %j',
    body => {
      expect(() => source().webhook.receive(request(body))).toThrow(
        expect.objectContaining({ name: 'InputError' }),
      );
    },
  );

  it('withstands hostile payloads, bodies and signatures', async () => {
    const report = await fuzzSource({
      source: source(),
      webhooks: readdirSync(FOLDER).map(name => ({
        name,
        payload: fixture(name.replace(/\.json$/, '')),
      })),
      authentication: {
        coversBody: true,
        headers: bytes => ({ 'x-pagerduty-signature': sign(bytes, NEW) }),
      },
      mutations: 12_000,
    });
    expect(report.cases).toBe(12_000);
    expect(
      Math.min(report.accepted, report.ignored, report.rejected),
    ).toBeGreaterThan(300);
    expect(report.refusedBodies).toBeGreaterThan(500);
    expect(report.refusedRequests).toBeGreaterThan(5_000);
  });
});
