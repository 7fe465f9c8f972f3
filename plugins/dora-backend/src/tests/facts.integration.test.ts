import { resolve } from 'node:path';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import fc from 'fast-check';
import { Knex } from 'knex';
import request from 'supertest';
import { DataQualityNote } from '@pavedroad/plugin-dora-common';
import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import { cdeventsSource } from '@pavedroad/plugin-dora-backend-module-cdevents';
import { CatalogServiceDirectory } from '../catalog/CatalogServiceDirectory';
import { ServiceMapping } from '../catalog/serviceMapping';
import { DatabaseDeliveryStore } from '../database/DatabaseDeliveryStore';
import { manualSource } from '../manual/manualSource';
import { IngestService } from '../service/IngestService';
import {
  cloudEvent,
  component,
  deployed,
  incident,
  linearCommits,
  RunningDora,
  sha,
  startDora,
  user,
} from '../__testUtils__/startDora';
import { snapshot } from '../__testUtils__/snapshot';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
const WINDOW = 'from=2026-04-01T00:00:00Z&to=2026-06-01T00:00:00Z';
const CHECKOUT = 'component:default/checkout';
const at = (day: number, hour = 12) =>
  new Date(Date.UTC(2026, 4, day, hour)).toISOString();

const entities = [
  component('checkout', { 'pavedroad.dev/repository': 'payments/checkout' }),
  component('ledger', { 'github.com/project-slug': 'Payments/Ledger' }),
];

/** Three deployments, the second of them bad, rolled back and repaired; and another service. */
function story(): Record<string, unknown>[] {
  return [
    linearCommits('payments/checkout', [
      { id: sha('a1'), committedAt: at(1, 8) },
      { id: sha('a2'), committedAt: at(2, 8) },
      { id: sha('a3'), committedAt: at(3, 8) },
    ]),
    cloudEvent('dev.pavedroad.source.declared.0.1.0', {
      entityRef: CHECKOUT,
      provides: 'incidents',
      since: at(1, 0),
    }),
    deployed(CHECKOUT, sha('a1'), at(1)),
    deployed(CHECKOUT, sha('a2'), at(2)),
    incident('detected', CHECKOUT, 'outage', at(2, 13)),
    deployed(CHECKOUT, sha('a1'), at(2, 14), { predicate: 'rolledback' }),
    incident('resolved', CHECKOUT, 'outage', at(2, 15)),
    deployed(CHECKOUT, sha('a3'), at(3)),
    cloudEvent(
      'dev.cdevents.change.created.0.4.0',
      {
        context: { timestamp: at(3, 9) },
        subject: {
          id: '17',
          content: { repository: { id: 'payments/checkout' } },
        },
      },
      { time: at(3, 9) },
    ),
    cloudEvent(
      'dev.cdevents.change.merged.0.3.0',
      {
        context: { timestamp: at(3, 10) },
        subject: {
          id: '17',
          content: { repository: { id: 'payments/checkout' } },
        },
        customData: { mergeCommit: sha('a3') },
      },
      { time: at(3, 10) },
    ),
    deployed('payments/ledger', sha('b1'), at(4)),
    deployed(CHECKOUT, sha('a3'), at(4), { environment: 'staging' }),
  ];
}

/** Forgets all that was made of the inbox and makes it again. */
async function replay(knex: Knex) {
  const store = DatabaseDeliveryStore.create({ knex });
  const services = await knex('service');
  const mapping = ServiceMapping.create(
    services.map(row => ({
      entityRef: row.entity_ref,
      repository: row.repository ?? undefined,
      sample: row.sample,
    })),
    [],
  );
  const logger = mockServices.rootLogger();
  const ingest = IngestService.create({
    store,
    sources: [manualSource, cdeventsSource],
    directory: CatalogServiceDirectory.create({
      catalog: catalogServiceMock(),
      auth: mockServices.auth(),
      logger,
      rules: [],
    }),
    logger,
    timeLimits: { earliest: 0, maxFutureMilliseconds: 0 },
    onRecorded: () => {},
  });
  await store.replay(({ event }) => ingest.normalise(event), mapping);
}

/** Waits until the condition holds, at most 20 seconds. */
async function eventually(condition: () => Promise<boolean>) {
  const deadline = Date.now() + 20_000;
  while (!(await condition()) && Date.now() < deadline) {
    await new Promise(done => {
      setTimeout(done, 20);
    });
  }
}

const metricsOf = async (dora: RunningDora, ref = CHECKOUT) =>
  (await dora.get(`/metrics?entityRef=${ref}&${WINDOW}`)).body.metrics;

const notesOf = async (
  dora: RunningDora,
  question = '',
): Promise<DataQualityNote[]> =>
  (await dora.get(`/metrics?${WINDOW}${question}`)).body.dataQuality;

describe('facts', () => {
  const running: RunningDora[] = [];
  async function start(
    options: Parameters<typeof startDora>[0],
  ): Promise<RunningDora> {
    const dora = await startDora(options);
    running.push(dora);
    return dora;
  }
  afterEach(async () => {
    await Promise.all(running.splice(0).map(dora => dora.stop()));
  });

  it('tells the story of a failure, its rollback and recovery', async () => {
    const dora = await start({
      knex: await databases.init('POSTGRES_18'),
      entities,
    });
    await dora.send(story());
    await dora.settled();
    expect(await metricsOf(dora)).toMatchObject({
      deploymentFrequency: { deployments: 3 },
      changeLeadTime: { changes: 2 },
      changeFailRate: { failed: 1, deployments: 3 },
      failedDeploymentRecoveryTime: {
        recovered: 1,
        unrecovered: 0,
        p50Seconds: 3 * 3600,
      },
      deploymentReworkRate: { rework: 1, deployments: 4 },
    });
    const services = await dora.get(`/services?${WINDOW}`);
    expect(services.body.items).toMatchObject([
      {
        entityRef: CHECKOUT,
        metrics: { deploymentFrequency: { deployments: 3 } },
      },
      {
        entityRef: 'component:default/ledger',
        metrics: {
          deploymentFrequency: { deployments: 1 },
          changeFailRate: { status: 'no_data' },
        },
      },
    ]);
    const { body } = await dora.get(
      `/deployments?entityRef=${CHECKOUT}&${WINDOW}&outcome=failed`,
    );
    expect(body.items).toHaveLength(1);
    const detail = await dora.get(`/deployments/${body.items[0].id}`);
    expect(detail.body.attributions).toMatchObject([
      {
        method: 'rollback',
        state: 'live',
        cause: { kind: 'incident', id: '/test outage' },
        incident: { openedAt: at(2, 13), resolvedAt: at(2, 15) },
      },
      { method: 'rollback', state: 'live', cause: { kind: 'rollback' } },
      { method: 'time_proximity', state: 'superseded' },
    ]);
    const staging = await dora.get(
      `/deployments?entityRef=${CHECKOUT}&${WINDOW}&environment=staging`,
    );
    expect(staging.body.items).toHaveLength(1);
    const stages = await dora.get(
      `/deployments?entityRef=${CHECKOUT}&${WINDOW}&kind=change&limit=1`,
    );
    const last = await dora.get(`/deployments/${stages.body.items[0].id}`);
    expect(last.body.changeRows).toMatchObject([
      {
        commit: sha('a3'),
        pullRequest: 17,
        stages: [
          { name: 'commit_to_review', seconds: 3600 },
          { name: 'review_to_approval' },
          { name: 'approval_to_merge', seconds: 3600 },
          { name: 'merge_to_build' },
          { name: 'build_to_deploy', seconds: 7200 },
        ],
      },
    ]);
  });

  it('lists exactly the rows that the numbers about failures count', async () => {
    const dora = await start({
      knex: await databases.init('POSTGRES_18'),
      entities,
    });
    const LEDGER = 'component:default/ledger';
    // Its failures are reported from day 20 on: what was rolled back before is blamed and not counted.
    await dora.send([
      ...story(),
      deployed(LEDGER, sha('b2'), at(5)),
      deployed(LEDGER, sha('b1'), at(5, 14), { predicate: 'rolledback' }),
      cloudEvent('dev.pavedroad.source.declared.0.1.0', {
        entityRef: LEDGER,
        provides: 'incidents',
        since: at(20, 0),
      }),
    ]);
    await dora.settled();
    const { body } = await dora.get(`/metrics?${WINDOW}`);
    const { changeFailRate, deploymentReworkRate } = body.metrics;
    const rows = async (filter: string) =>
      (await dora.get(`/deployments?${WINDOW}&${filter}`)).body;
    const failed = 'kind=change&outcome=failed';
    expect((await rows(failed)).totalItems).toBeGreaterThan(
      changeFailRate.failed,
    );
    const counted = await rows(`${failed}&failureData=true`);
    expect(counted.items).toHaveLength(changeFailRate.failed);
    expect(counted.totalItems).toBe(changeFailRate.failed);
    expect((await rows('rework=true')).totalItems).toBeGreaterThan(
      deploymentReworkRate.rework,
    );
    const repairs = await rows('rework=true&failureData=true&attempts=true');
    expect(repairs.items).toHaveLength(deploymentReworkRate.rework);
    const csv = await dora.get(
      `/deployments?${WINDOW}&${failed}&failureData=true&format=csv`,
    );
    expect(csv.text.trim().split('\r\n')).toHaveLength(
      changeFailRate.failed + 1,
    );
    expect(
      (await dora.get(`/deployments?${WINDOW}&failureData=yes`)).status,
    ).toBe(400);
    const paged = await rows('failureData=true&limit=1');
    const other = await dora.get(
      `/deployments?${WINDOW}&limit=1&cursor=${paged.nextCursor}`,
    );
    expect(other.status).toBe(400);
  });

  it('are the same in any order of arrival, with repetitions, and after replay', async () => {
    const events = story();
    const reference = await databases.init('POSTGRES_18');
    const first = await start({ knex: reference, entities });
    await first.send(events);
    await first.settled();
    const expected = await snapshot(reference);
    expect(expected.deployments.length).toBeGreaterThan(5);

    await replay(reference);
    await first.settled();
    expect(await snapshot(reference)).toEqual(expected);

    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(events, {
          minLength: events.length,
          maxLength: events.length,
        }),
        fc.array(fc.nat({ max: events.length - 1 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: events.length }),
        async (shuffled, repeated, size) => {
          const knex = await databases.init('POSTGRES_18');
          const dora = await startDora({ knex, entities });
          try {
            const all = [...shuffled, ...repeated.map(index => events[index])];
            for (let begin = 0; begin < all.length; begin += size) {
              await dora.send(all.slice(begin, begin + size));
            }
            await dora.settled();
            expect(await snapshot(knex)).toEqual(expected);
          } finally {
            await dora.stop();
          }
        },
      ),
      { numRuns: 6 },
    );
  });

  it('are shared by two backends on one database', async () => {
    const knex = await databases.init('POSTGRES_18');
    const reference = await databases.init('POSTGRES_18');
    const events = Array.from({ length: 300 }, (_, index) =>
      deployed(
        index % 2 ? CHECKOUT : 'component:default/ledger',
        sha(`c${index}`),
        at(1 + (index % 28), index % 24),
      ),
    );
    const alone = await start({ knex: reference, entities });
    await alone.send(events);
    await alone.settled();

    const one = await start({ knex, entities });
    const two = await start({ knex, entities });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => {
        // Each event goes to both, in batches that overlap and run against each other.
        const batch = events.slice(index * 10, index * 10 + 10);
        return Promise.all([one.send(batch), two.send([...batch].reverse())]);
      }),
    );
    const statuses = answers.flat(2);
    expect(statuses.filter(status => status === 'accepted')).toHaveLength(300);
    expect(statuses.filter(status => status === 'duplicate')).toHaveLength(300);
    await one.settled();
    expect(await snapshot(knex)).toEqual(await snapshot(reference));
    expect(await metricsOf(one)).toEqual(await metricsOf(two));
  });

  it('are visible within moments, and touch no other service', async () => {
    const knex = await databases.init('POSTGRES_18');
    const dora = await start({ knex, entities });
    await dora.send(story());
    await dora.settled();
    const before = await knex('service').where({
      entity_ref: 'component:default/ledger',
    });
    const unchanged = await metricsOf(dora, 'component:default/ledger');

    const sent = Date.now();
    await dora.send([deployed(CHECKOUT, sha('a9'), at(9))]);
    for (;;) {
      const { deploymentFrequency } = await metricsOf(dora);
      if (deploymentFrequency.deployments === 4) {
        break;
      }
    }
    expect(Date.now() - sent).toBeLessThan(2_000);
    expect(await metricsOf(dora, 'component:default/ledger')).toEqual(
      unchanged,
    );
    expect(
      await knex('service').where({ entity_ref: 'component:default/ledger' }),
    ).toEqual(before);
  });

  it('survive a stop between acknowledgement and derivation', async () => {
    const knex = await databases.init('POSTGRES_18');
    const dora = await startDora({ knex, entities });
    await dora.send(story());
    await dora.stop();
    const again = await start({ knex, entities });
    await again.settled();
    expect((await metricsOf(again)).deploymentFrequency.deployments).toBe(3);
  });

  it('of a service that cannot be derived hold up no other', async () => {
    const knex = await databases.init('POSTGRES_18');
    const before = await startDora({ knex, entities });
    await before.send(story());
    await before.settled();
    await before.stop();
    // No event can do this; a defect could.
    const [{ id }] = await knex('service').where({ entity_ref: CHECKOUT });
    await knex.raw(
      `ALTER TABLE deployment ADD CONSTRAINT broken
       CHECK (service_id <> ${Number(id)}) NOT VALID`,
    );
    const logged = jest.spyOn(console, 'error').mockImplementation(() => {});
    const dora = await start({ knex, entities });
    await dora.send([
      deployed(CHECKOUT, sha('a9'), at(9)),
      deployed('component:default/ledger', sha('b9'), at(9)),
    ]);
    await dora.settled();
    logged.mockRestore();
    expect(
      (await metricsOf(dora, 'component:default/ledger')).deploymentFrequency,
    ).toMatchObject({ deployments: 2 });
    const [aside] = await knex('service').where({ entity_ref: CHECKOUT });
    expect(aside.facts_error).toMatch(/broken/);
    expect(await notesOf(dora)).toContainEqual({
      code: 'facts_failed',
      services: [CHECKOUT],
      count: 1,
    });
    expect(
      await notesOf(dora, '&entityRef=component:default/ledger'),
    ).not.toContainEqual(expect.objectContaining({ code: 'facts_failed' }));

    await knex.raw('ALTER TABLE deployment DROP CONSTRAINT broken');
    const again = await start({ knex, entities });
    await again.settled();
    expect((await metricsOf(again)).deploymentFrequency.deployments).toBe(4);
    expect(await notesOf(again)).not.toContainEqual(
      expect.objectContaining({ code: 'facts_failed' }),
    );
  });

  it('that are not up to date yet are said to be pending', async () => {
    const knex = await databases.init('POSTGRES_18');
    const dora = await start({ knex, entities });
    await dora.send(story());
    await dora.settled();
    const pending = () =>
      notesOf(dora).then(notes =>
        notes.filter(({ code }) => code === 'facts_pending'),
      );
    expect(await pending()).toEqual([]);

    // As if another backend were at it.
    const worker = await knex.transaction();
    await worker('service').where({ entity_ref: CHECKOUT }).forUpdate();
    await dora.send([
      deployed(CHECKOUT, sha('a8'), at(8)),
      deployed('component:default/ledger', sha('b8'), at(8)),
    ]);
    await eventually(async () => (await pending())[0].services.length === 1);
    const [note] = await pending();
    expect(note).toEqual({
      code: 'facts_pending',
      services: [CHECKOUT],
      count: 1,
      since: expect.any(String),
      waitedSeconds: expect.any(Number),
    });
    // The wait is that of the oldest event, whatever comes after it.
    await knex('dirty_service').update({
      marked_at: knex.raw("marked_at - interval '90 seconds'"),
    });
    await dora.send([deployed(CHECKOUT, sha('a9'), at(9))]);
    const [later] = await pending();
    expect(Date.parse(later.since!)).toBe(Date.parse(note.since!) - 90_000);
    expect(later.waitedSeconds).toBeGreaterThanOrEqual(90);
    expect(later.waitedSeconds).toBeLessThan(150);
    expect((await metricsOf(dora)).deploymentFrequency.deployments).toBe(3);
    expect(
      await notesOf(dora, '&entityRef=component:default/ledger'),
    ).not.toContainEqual(expect.objectContaining({ code: 'facts_pending' }));
    expect(
      await notesOf(
        dora,
        `&entityRef=component:default/ledger&compareEntityRef=${CHECKOUT}`,
      ),
    ).toContainEqual(
      expect.objectContaining({
        code: 'facts_pending',
        services: [CHECKOUT],
        count: 1,
      }),
    );

    await worker.rollback();
    await dora.settled();
    expect(await pending()).toEqual([]);
    expect((await metricsOf(dora)).deploymentFrequency.deployments).toBe(5);
  });

  it('wait for a component that is registered later, and follow its repository', async () => {
    const knex = await databases.init('POSTGRES_18');
    const early = await startDora({ knex, entities: [] });
    const statuses = await early.send(story());
    expect(new Set(statuses)).toEqual(new Set(['accepted']));
    const { body } = await early.get('/unmapped');
    expect(body.items).toMatchObject([
      { hint: { entityRef: CHECKOUT }, reason: 'unknown_service', events: 8 },
      { hint: { name: 'payments/ledger' }, events: 1 },
    ]);
    const everything = await early.get(`/metrics?${WINDOW}`);
    expect(everything.body.scope.services).toBe(0);
    expect(everything.body.dataQuality).toContainEqual({
      code: 'unmapped_events',
      services: [],
      count: 9,
    });
    await early.stop();

    const dora = await start({
      knex,
      entities,
      config: { dora: { catalogRefresh: { milliseconds: 50 } } },
    });
    const deadline = Date.now() + 20_000;
    while (
      (await dora.get('/unmapped')).body.items.length > 0 &&
      Date.now() < deadline
    ) {
      await new Promise(done => {
        setTimeout(done, 20);
      });
    }
    await dora.settled();
    expect(await metricsOf(dora)).toMatchObject({
      deploymentFrequency: { deployments: 3 },
      changeLeadTime: { changes: 2 },
    });
    expect((await dora.get('/unmapped')).body.items).toEqual([]);
  });

  it('wait and are reported while two components claim one repository', async () => {
    const knex = await databases.init('POSTGRES_18');
    const LEDGER = 'component:default/ledger';
    const config = { dora: { catalogRefresh: { milliseconds: 50 } } };
    const first = await startDora({ knex, entities, config });
    await first.send(story());
    await first.settled();
    expect(await metricsOf(first, LEDGER)).toMatchObject({
      deploymentFrequency: { deployments: 1 },
    });
    await first.stop();

    const rival = component('rival', {
      'pavedroad.dev/repository': 'payments/ledger',
    });
    const contested = await startDora({
      knex,
      entities: [...entities, rival],
      config,
    });
    await eventually(async () => {
      const { body } = await contested.get('/unmapped');
      return body.items.length > 0;
    });
    await contested.settled();
    expect((await contested.get('/unmapped')).body.items).toMatchObject([
      {
        hint: { name: 'payments/ledger' },
        reason: 'ambiguous_repository',
        events: 1,
      },
    ]);
    for (const ref of [LEDGER, 'component:default/rival']) {
      const { body } = await contested.get(
        `/metrics?entityRef=${ref}&${WINDOW}`,
      );
      expect(body.metrics.deploymentFrequency.deployments ?? 0).toBe(0);
      expect(body.dataQuality).toContainEqual({
        code: 'unmapped_events',
        services: [],
        count: 1,
      });
    }
    // What names its component outright is untouched.
    expect(await metricsOf(contested)).toMatchObject({
      deploymentFrequency: { deployments: 3 },
    });
    const checkout = await contested.get(
      `/metrics?entityRef=${CHECKOUT}&${WINDOW}`,
    );
    expect(
      checkout.body.dataQuality.map(({ code }: { code: string }) => code),
    ).not.toContain('unmapped_events');
    await contested.stop();

    // Once the claim is gone, they count where they did before.
    const settled = await start({ knex, entities, config });
    await eventually(
      async () => (await settled.get('/unmapped')).body.items.length === 0,
    );
    await settled.settled();
    expect(await metricsOf(settled, LEDGER)).toMatchObject({
      deploymentFrequency: { deployments: 1 },
    });
  });

  it('count what a new or newer source understands of the past', async () => {
    const knex = await databases.init('POSTGRES_18');
    const source = (normaliserVersion: number): DeliveryEventSource => ({
      id: 'late',
      normaliserVersion,
      understands: type => type === 'com.example.shipped',
      normalise: event => ({
        outcome: 'accepted',
        events: [
          {
            type: 'deployment',
            service: { entityRef: CHECKOUT },
            deploymentId: event.id,
            status: 'succeeded',
            at: event.time!,
            environment: normaliserVersion === 1 ? 'staging' : 'production',
          },
        ],
      }),
    });
    const without = await startDora({ knex, entities });
    const statuses = await without.send([
      cloudEvent('com.example.shipped', {}, { time: at(1) }),
    ]);
    expect(statuses).toEqual(['ignored']);
    await without.stop();
    for (const [version, environment, count] of [
      [1, 'staging', 1],
      [1, 'production', undefined],
      [2, 'production', 1],
    ] as const) {
      const dora = await startDora({
        knex,
        entities,
        sources: [source(version)],
      });
      await dora.settled();
      const { body } = await dora.get(
        `/metrics?entityRef=${CHECKOUT}&${WINDOW}&environment=${environment}`,
      );
      expect(body.metrics.deploymentFrequency.deployments || undefined).toBe(
        count,
      );
      await dora.stop();
    }
  });

  it('map by configured rules at last', async () => {
    const dora = await start({
      knex: await databases.init('POSTGRES_18'),
      entities,
      config: {
        dora: {
          serviceRules: [{ name: 'legacy-*', entityRef: CHECKOUT }],
        },
      },
    });
    await dora.send([deployed('legacy-shop', sha('a1'), at(1))]);
    await dora.settled();
    expect((await metricsOf(dora)).deploymentFrequency.deployments).toBe(1);
  });

  it('follow configuration that changes', async () => {
    const knex = await databases.init('POSTGRES_18');
    const before = await startDora({ knex, entities });
    await before.send([
      deployed(CHECKOUT, sha('a1'), at(1), { environment: 'blue' }),
    ]);
    await before.settled();
    expect((await metricsOf(before)).deploymentFrequency.deployments).not.toBe(
      1,
    );
    await before.stop();
    const after = await start({
      knex,
      entities,
      config: { dora: { environments: { Blue: 'Production' } } },
    });
    await after.settled();
    expect((await metricsOf(after)).deploymentFrequency.deployments).toBe(1);
  });

  it('say when they are sample data', async () => {
    const dora = await start({
      knex: await databases.init('POSTGRES_18'),
      entities: [
        ...entities,
        component('sample', { 'pavedroad.dev/sample-data': 'true' }),
      ],
    });
    await dora.send([
      deployed(CHECKOUT, sha('a1'), at(1), { sampledata: 'true' }),
      deployed('component:default/ledger', sha('b1'), at(1)),
    ]);
    await dora.settled();
    const sampleData = async (ref: string) =>
      (await dora.get(`/metrics?entityRef=component:default/${ref}&${WINDOW}`))
        .body.sampleData;
    expect(await sampleData('checkout')).toBe(true);
    expect(await sampleData('sample')).toBe(true);
    expect(await sampleData('ledger')).toBe(false);
  });

  describe('corrections', () => {
    const failures = (
      dora: RunningDora,
      method: 'post' | 'delete',
      id: string,
      query = '',
    ) =>
      request(dora.server)[method](
        `/api/dora/deployments/${id}/failures${query}`,
      );
    const asOwner = mockCredentials.user.header('group:default/team-a');

    it('blame a deployment, say who did it, and are taken back', async () => {
      const dora = await start({
        knex: await databases.init('POSTGRES_18'),
        entities,
      });
      await dora.send(story());
      await dora.settled();
      const { body } = await dora.get(
        `/deployments?entityRef=${CHECKOUT}&${WINDOW}&kind=change&outcome=ok&limit=1`,
      );
      const { id } = body.items[0];

      const denied = await failures(dora, 'post', id).send({ reason: 'x' });
      expect(denied.status).toBe(403);

      const began = performance.now();
      const blamed = await failures(dora, 'post', id)
        .set('authorization', asOwner)
        .send({ reason: 'It lost orders' });
      expect(blamed.status).toBe(201);
      expect(performance.now() - began).toBeLessThan(2_000);
      expect((await metricsOf(dora)).changeFailRate.failed).toBe(2);
      const detail = await dora.get(`/deployments/${id}`);
      expect(detail.body).toMatchObject({
        outcome: 'failed',
        attributions: [
          {
            method: 'explicit',
            state: 'live',
            author: { kind: 'person', name: 'group:default/team-a' },
          },
        ],
      });

      const back = await failures(dora, 'delete', id).set(
        'authorization',
        asOwner,
      );
      expect(back.status).toBe(200);
      expect((await metricsOf(dora)).changeFailRate.failed).toBe(1);
      const again = await failures(dora, 'delete', id).set(
        'authorization',
        asOwner,
      );
      expect(again.status).toBe(404);
    });

    it('move an incident to nobody, and back', async () => {
      const dora = await start({
        knex: await databases.init('POSTGRES_18'),
        entities,
      });
      await dora.send(
        story().filter(({ type }) => !String(type).includes('rolledback')),
      );
      await dora.settled();
      expect((await metricsOf(dora)).changeFailRate.failed).toBe(1);
      const { body } = await dora.get(
        `/deployments?entityRef=${CHECKOUT}&${WINDOW}&outcome=failed`,
      );
      const { id } = body.items[0];
      const cleared = await failures(dora, 'post', id)
        .set('authorization', asOwner)
        .send({
          cause: { kind: 'incident', id: 'outage' },
          noneToBlame: true,
          reason: 'The data centre burned',
        });
      expect(cleared.status).toBe(201);
      expect((await metricsOf(dora)).changeFailRate.failed).toBe(0);
      const [attributionId] = cleared.body.attributionIds;
      const back = await failures(
        dora,
        'delete',
        id,
        `?attributionId=${attributionId}`,
      ).set('authorization', asOwner);
      expect(back.status).toBe(200);
      expect((await metricsOf(dora)).changeFailRate.failed).toBe(1);
    });

    it('refuse what cannot be blamed, and requests that are none', async () => {
      const dora = await start({
        knex: await databases.init('POSTGRES_18'),
        entities,
      });
      await dora.send(story());
      await dora.settled();
      const { body } = await dora.get(
        `/deployments?entityRef=${CHECKOUT}&${WINDOW}&kind=rollback`,
      );
      const { id } = body.items[0];
      const post = (sent: object) =>
        failures(dora, 'post', id).set('authorization', asOwner).send(sent);
      expect((await post({ reason: 'x' })).status).toBe(400);
      expect((await post({})).status).toBe(400);
      expect((await post({ reason: 'x', blame: 'you' })).status).toBe(400);
      expect((await post({ reason: 'x', noneToBlame: true })).status).toBe(400);
      const missing = await failures(dora, 'post', 'nothing')
        .set('authorization', asOwner)
        .send({ reason: 'x' });
      expect(missing.status).toBe(404);
    });
  });

  it('say who was on call when a deployment finished, and who is now', async () => {
    const asked: unknown[] = [];
    const onCall = createBackendPlugin({
      pluginId: 'oncall',
      register(env) {
        env.registerInit({
          deps: { httpRouter: coreServices.httpRouter },
          async init({ httpRouter }) {
            httpRouter.use((req, res) => {
              asked.push(req.query);
              res.json({
                coverage: 'full',
                levels: [
                  { level: 1, people: [{ ref: 'user:default/ines.duarte' }] },
                ],
              });
            });
          },
        });
      },
    });
    const dora = await start({
      knex: await databases.init('POSTGRES_18'),
      entities: [...entities, user('ines.duarte', 'Inês Duarte')],
      features: [onCall],
    });
    await dora.send([deployed(CHECKOUT, sha('a1'), at(1))]);
    await dora.settled();
    const { body } = await dora.get(`/deployments?${WINDOW}`);
    const detail = await dora.get(`/deployments/${body.items[0].id}`);
    const levels = [
      {
        level: 1,
        userRefs: ['user:default/ines.duarte'],
        people: [
          { ref: 'user:default/ines.duarte', displayName: 'Inês Duarte' },
        ],
      },
    ];
    expect(detail.body).toMatchObject({ onCall: levels, onCallNow: levels });
    expect(asked).toEqual([
      { entityRef: CHECKOUT, at: at(1) },
      { entityRef: CHECKOUT, at: expect.any(String) },
    ]);
  });

  it('leave an audit event for each batch and each correction', async () => {
    const audited: string[] = [];
    const auditor = mockServices.auditor.mock({
      createEvent: async ({ eventId }) => ({
        success: async options => {
          audited.push(`${eventId} ${JSON.stringify(options?.meta)}`);
        },
        fail: async ({ error }) => {
          audited.push(`${eventId} ${error.name}`);
        },
      }),
    });
    const dora = await start({
      knex: await databases.init('POSTGRES_18'),
      entities,
      features: [auditor.factory],
    });
    const event = deployed(CHECKOUT, sha('a1'), at(1));
    await dora.post([event, event, { id: 7 }]);
    await dora.post('{');
    await dora.settled();
    const { body } = await dora.get(`/deployments?${WINDOW}`);
    await request(dora.server)
      .post(`/api/dora/deployments/${body.items[0].id}/failures`)
      .send({ reason: 'not mine' });
    expect(audited).toEqual([
      'events-ingest {"accepted":1,"duplicate":1,"ignored":0,"rejected":1}',
      'events-ingest InputError',
      'failure-attribution NotAllowedError',
    ]);
  });

  it('are kept from those without permission', async () => {
    const dora = await start({
      knex: await databases.init('POSTGRES_18'),
      entities,
      permission: AuthorizeResult.DENY,
    });
    expect((await dora.post([])).status).toBe(403);
    expect((await dora.get('/metrics')).status).toBe(403);
    expect((await dora.get('/deployments')).status).toBe(403);
    expect((await dora.get('/services')).status).toBe(403);
    const nobody = await request(dora.server)
      .post('/api/dora/events')
      .set('authorization', mockCredentials.none.header())
      .set('content-type', 'application/cloudevents-batch+json')
      .send('[]');
    expect(nobody.status).toBe(401);
  });

  it('come through the webhooks of sources that verify them', async () => {
    const knex = await databases.init('POSTGRES_18');
    const dora = await start({
      knex,
      entities,
      sources: [
        {
          id: 'provider',
          normaliserVersion: 1,
          understands: type => type === 'provider.deployment',
          normalise: ({ data, receivedAt }) => ({
            outcome: 'accepted',
            events: [
              {
                type: 'deployment',
                service: { entityRef: CHECKOUT },
                deploymentId: (data as { id: string }).id,
                status: 'succeeded',
                at: receivedAt,
                environment: 'production',
              },
            ],
          }),
          webhook: {
            verify: async ({ headers, body }) =>
              headers['x-signature'] === `sum ${body.length}`,
            receive: ({ body, receivedAt }) => [
              {
                id: JSON.parse(body.toString('utf8')).id,
                source: '/webhooks/provider',
                type: 'provider.deployment',
                data: JSON.parse(body.toString('utf8')),
                extensions: {},
                sample: false,
                receivedAt,
              },
            ],
          },
        },
      ],
    });
    const body = '{ "id": "d1" }';
    const webhook = (source: string, signature: string) =>
      request(dora.server)
        .post(`/api/dora/webhooks/${source}`)
        .set('authorization', mockCredentials.none.header())
        .set('content-type', 'application/json')
        .set('x-signature', signature)
        .send(body);
    expect((await webhook('nobody', '')).status).toBe(404);
    expect((await webhook('manual', '')).status).toBe(404);
    expect((await webhook('provider', 'forged')).status).toBe(401);
    expect(await knex('inbox')).toEqual([]);
    const accepted = await webhook('provider', `sum ${body.length}`);
    expect(accepted.status).toBe(202);
    expect(accepted.body.results).toMatchObject([{ status: 'accepted' }]);
    const again = await webhook('provider', `sum ${body.length}`);
    expect(again.body.results).toMatchObject([{ status: 'duplicate' }]);
  });

  it('describe themselves', async () => {
    const dora = await start({
      knex: await databases.init('POSTGRES_18'),
      entities,
    });
    const { status, body } = await dora.get('/openapi.json');
    expect(status).toBe(200);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        '/api/dora/metrics',
        '/api/dora/events',
        '/api/dora/deployments/{id}/failures',
      ]),
    );
  });
});

describe('migrations', () => {
  it('go up, down and up again', async () => {
    const knex = await databases.init('POSTGRES_18');
    const directory = resolve(__dirname, '../../migrations');
    const tables = async () =>
      (
        await knex('information_schema.tables')
          .where({ table_schema: 'public' })
          .pluck('table_name')
      )
        .filter((name: string) => !name.startsWith('knex_'))
        .sort();
    expect(await tables()).toEqual([]);
    await knex.migrate.latest({ directory });
    const all = await tables();
    expect(all).toContain('deployment');
    for (;;) {
      const [, undone] = await knex.migrate.down({ directory });
      if (undone.length === 0) {
        break;
      }
    }
    expect(await tables()).toEqual([]);
    await knex.migrate.latest({ directory });
    expect(await tables()).toEqual(all);
  });
});
