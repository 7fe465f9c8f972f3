import { TestDatabases } from '@backstage/backend-test-utils';
import pagerduty from '@pavedroad/plugin-dora-backend-module-pagerduty';
import { Knex } from 'knex';
import request from 'supertest';
import { createHmac, randomBytes } from 'node:crypto';
import { DatabaseDeliveryStore } from '../database/DatabaseDeliveryStore';
import { ServiceMapping } from '../catalog/serviceMapping';
import { snapshot } from '../__testUtils__/snapshot';
import {
  cloudEvent,
  component,
  deployed,
  linearCommits,
  RunningDora,
  sha,
  startDora,
} from '../__testUtils__/startDora';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const WINDOW = 'from=2026-05-01T00:00:00Z&to=2026-06-01T00:00:00Z';
const CHECKOUT = 'component:default/checkout';
const LEDGER = 'component:default/ledger';
const at = (day: number, hour = 12) =>
  new Date(Date.UTC(2026, 4, day, hour)).toISOString();

const entities = [
  component('checkout', {
    'pavedroad.dev/repository': 'payments/checkout',
    'pagerduty.com/service-id': 'PCHECK',
  }),
  component('ledger', {
    'pavedroad.dev/repository': 'payments/ledger',
    'pagerduty.com/service-id': 'PLEDGER',
  }),
];

/** Two deployments of each service, the second just before the incident. */
function deliveries(): Record<string, unknown>[] {
  return ['checkout', 'ledger'].flatMap(name => [
    linearCommits(`payments/${name}`, [
      { id: sha(`${name}1`), committedAt: at(1, 8) },
      { id: sha(`${name}2`), committedAt: at(2, 8) },
    ]),
    deployed(`component:default/${name}`, sha(`${name}1`), at(1)),
    deployed(`component:default/${name}`, sha(`${name}2`), at(2)),
  ]);
}

function told(
  predicate: 'detected' | 'reported' | 'resolved',
  service: string | undefined,
  time: string,
  options: { id?: string; source?: string; subjectSource?: string } = {},
): Record<string, unknown> {
  const { id = 'INC-1', source = '/pager', subjectSource } = options;
  return cloudEvent(
    `dev.cdevents.incident.${predicate}.0.3.0`,
    {
      context: { timestamp: time },
      subject: {
        id,
        ...(subjectSource && { source: subjectSource }),
        content: {
          environment: { id: 'production' },
          ...(service && { service: { id: service } }),
        },
      },
    },
    { time, source },
  );
}

describe('incidents that move', () => {
  let dora: RunningDora;
  let knex: Knex;

  beforeEach(async () => {
    knex = await databases.init('POSTGRES_18');
    dora = await startDora({
      knex,
      entities,
      features: [pagerduty],
      config: { dora: { pagerduty: { webhookSecrets: ['s'] } } },
    });
    await dora.send(deliveries());
  });
  afterEach(async () => {
    await dora.stop();
  });

  async function numbers(entityRef?: string) {
    const scope = entityRef ? `&entityRef=${entityRef}` : '';
    const [{ body: incidents }, { body: metrics }] = await Promise.all([
      dora.get(`/incidents?${WINDOW}${scope}`),
      dora.get(`/metrics?${WINDOW}${scope}`),
    ]);
    return {
      open: incidents.items.filter(
        ({ status }: { status: string }) => status === 'open',
      ).length,
      resolved: incidents.items.filter(
        ({ status }: { status: string }) => status === 'resolved',
      ).length,
      failed: metrics.metrics.changeFailRate.failed,
    };
  }

  const story = () => [
    told('detected', CHECKOUT, at(2, 14)),
    told('reported', LEDGER, at(2, 15)),
    // The tool no longer says whose it is.
    told('resolved', undefined, at(2, 16)),
  ];

  it('leave one service and arrive at the other, in every number', async () => {
    const [detected, reported, resolved] = story();
    await dora.send([detected]);
    await dora.settled();
    expect(await numbers(CHECKOUT)).toEqual({
      open: 1,
      resolved: 0,
      failed: 1,
    });
    // Nothing says yet that failures of the ledger are reported.
    expect(await numbers(LEDGER)).toMatchObject({ open: 0, resolved: 0 });

    expect(await dora.send([reported])).toEqual(['accepted']);
    await dora.settled();
    expect(await numbers(CHECKOUT)).toMatchObject({ open: 0, resolved: 0 });
    expect(await numbers(LEDGER)).toEqual({ open: 1, resolved: 0, failed: 1 });
    expect(await numbers()).toMatchObject({ open: 1, resolved: 0, failed: 1 });

    expect(await dora.send([resolved])).toEqual(['accepted']);
    await dora.settled();
    expect(await numbers(CHECKOUT)).toMatchObject({ open: 0, resolved: 0 });
    expect(await numbers(LEDGER)).toEqual({ open: 0, resolved: 1, failed: 1 });

    // What came one by one equals what is made of the inbox at once.
    const before = await snapshot(knex);
    await knex('setting').where({ name: 'normalisers' }).delete();
    await dora.stop();
    dora = await startDora({ knex, entities, features: [pagerduty] });
    await dora.settled();
    expect(await snapshot(knex)).toEqual(before);
  });

  it.each([
    ['the move first', [1, 0, 2]],
    ['the end first', [2, 1, 0]],
    ['the beginning last', [1, 2, 0]],
  ])('do so in whatever order they are told: %s', async (_, order) => {
    const events = story();
    for (const index of order) {
      await dora.send([events[index]]);
      await dora.settled();
    }
    expect(await numbers(CHECKOUT)).toMatchObject({ open: 0, resolved: 0 });
    expect(await numbers(LEDGER)).toEqual({ open: 0, resolved: 1, failed: 1 });
  });

  it('leave for a service that the catalog does not know', async () => {
    await dora.send([
      told('detected', CHECKOUT, at(2, 14)),
      told('reported', 'component:default/elsewhere', at(2, 15)),
    ]);
    await dora.settled();
    expect(await numbers()).toMatchObject({ open: 0, resolved: 0 });
  });

  it('are named by what sent them: the same id of two tools is two incidents', async () => {
    await dora.send([
      told('detected', CHECKOUT, at(2, 14)),
      told('detected', CHECKOUT, at(2, 15), { source: '/desk' }),
      // A reporter that speaks for the desk.
      told('resolved', CHECKOUT, at(2, 16), {
        source: '/relay',
        subjectSource: '/desk',
      }),
    ]);
    await dora.settled();
    expect(await numbers(CHECKOUT)).toEqual({
      open: 1,
      resolved: 1,
      failed: 1,
    });
    const { body } = await dora.get(`/incidents?${WINDOW}`);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([
      '/desk INC-1',
      '/pager INC-1',
    ]);
  });

  it.each([
    [400, 400],
    [2_000, 1_000],
  ])(
    'are named by what sent them, with %i characters of source and %i of id',
    async (source, id) => {
      const long = (length: number) =>
        randomBytes(length).toString('base64url').slice(0, length);
      const names = { source: `/${long(source)}`, id: long(id) };
      await dora.send([
        told('detected', CHECKOUT, at(2, 14), names),
        told('resolved', undefined, at(2, 16), names),
      ]);
      await dora.settled();
      expect(await numbers(CHECKOUT)).toMatchObject({ open: 0, resolved: 1 });
    },
  );

  it('are found by both services when both are told at the same moment', async () => {
    const store = DatabaseDeliveryStore.create({ knex });
    const mapping = ServiceMapping.create(
      [CHECKOUT, LEDGER].map(entityRef => ({ entityRef, sample: false })),
      [],
    );
    const entry = (id: string, service: string, time: string) => ({
      event: {
        id,
        source: '/race',
        type: 'race',
        data: {},
        extensions: {},
        sample: false,
        receivedAt: time,
      },
      status: 'accepted' as const,
      normaliser: 'race',
      normaliserVersion: 1,
      domainEvents: [
        {
          type: 'incident' as const,
          incidentId: `race ${id.split('/')[0]}`,
          acrossServices: true as const,
          service: { entityRef: service },
          action: 'opened' as const,
          at: time,
        },
      ],
    });
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => [
        store.record([entry(`${index}/a`, CHECKOUT, at(3, 1))], mapping),
        store.record([entry(`${index}/b`, LEDGER, at(3, 2))], mapping),
      ]).flat(),
    );
    await dora.settled();
    expect(await numbers(CHECKOUT)).toMatchObject({ open: 0 });
    expect(await numbers(LEDGER)).toMatchObject({ open: 20 });
  });

  it('follow PagerDuty when an incident is given to another service', async () => {
    const send = (type: string, service: string, hour: number) => {
      const body = JSON.stringify({
        event: {
          id: `${type}-${hour}`,
          event_type: type,
          resource_type: 'incident',
          occurred_at: at(2, hour),
          data: {
            id: 'PGR0VU2',
            type: 'incident',
            status: 'triggered',
            title: 'Payments fail',
            created_at: at(2, 14),
            urgency: 'high',
            service: { id: service, summary: service },
          },
        },
      });
      return request(dora.server)
        .post('/api/dora/webhooks/pagerduty')
        .set('content-type', 'application/json')
        .set(
          'x-pagerduty-signature',
          `v1=${createHmac('sha256', 's').update(body).digest('hex')}`,
        )
        .serialize(raw => raw)
        .send(body)
        .expect(202);
    };
    await send('incident.triggered', 'PCHECK', 14);
    await send('incident.service_updated', 'PLEDGER', 15);
    await dora.settled();
    expect(await numbers(CHECKOUT)).toMatchObject({ open: 0, resolved: 0 });
    expect(await numbers(LEDGER)).toMatchObject({ open: 1, failed: 1 });
  });
});
