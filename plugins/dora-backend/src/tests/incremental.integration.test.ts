import { TestDatabases } from '@backstage/backend-test-utils';
import {
  computeMetrics,
  deriveFacts,
  deriveHistory,
  DomainEvent,
  metricsOfColumns,
  withScratch,
} from '@pavedroad/plugin-dora-common';
import fc from 'fast-check';
import knexFactory, { Knex } from 'knex';
import { resolve } from 'node:path';
import { ServiceMapping } from '../catalog/serviceMapping';
import { KIND_CODE } from '../database/codes';
import { DatabaseDeliveryStore } from '../database/DatabaseDeliveryStore';
import { DatabaseFactStore, DeriveFacts } from '../database/DatabaseFactStore';
import { InboxEntry } from '../database/DeliveryStore';
import { QueryStore } from '../database/QueryStore';
import { factRows } from '../__testUtils__/factRows';
import { snapshot } from '../__testUtils__/snapshot';

jest.setTimeout(300_000);

const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });

const derive: DeriveFacts = {
  history: ({ entityRef, sourcePath }, input) =>
    deriveHistory({ ...input, serviceRef: entityRef, config: { sourcePath } }),
  facts: deriveFacts,
};

const SERVICES = ['checkout', 'ledger', 'search'];
const ref = (service: number) => `component:default/${SERVICES[service]}`;
/** Two services of one monorepo, and one of its own that is known by its repository alone. */
const mapping = ServiceMapping.create(
  [
    {
      entityRef: ref(0),
      repository: 'acme/mono',
      sourcePath: 'checkout',
      sample: false,
    },
    {
      entityRef: ref(1),
      repository: 'acme/mono',
      sourcePath: 'ledger',
      sample: false,
    },
    { entityRef: ref(2), repository: 'acme/search', sample: false },
  ],
  [],
);

const hour = (h: number) =>
  new Date(Date.UTC(2026, 0, 5) + h * 3_600_000).toISOString();

/** A commit history with a merge now and then; who touches what goes round. */
const commitsOf = (repository: string, from: number, to: number) => ({
  type: 'commits' as const,
  repository,
  commits: Array.from({ length: to - from }, (_, index) => {
    const n = from + index;
    return {
      id: `${repository}-${n}`,
      parents: [n - 1, ...(n % 4 === 3 ? [n - 2] : [])]
        .filter(parent => parent >= 0)
        .map(parent => `${repository}-${parent}`),
      committedAt: hour(n),
      paths: [`${SERVICES[n % 3]}/main.ts`],
      ...(n % 5 === 4 && { reverts: [`${repository}-${n - 2}`] }),
    };
  }),
});

const service = fc.nat(2);
const at = fc.integer({ min: 0, max: 400 });
const revision = (of: number, n: number) =>
  `${of === 2 ? 'acme/search' : 'acme/mono'}-${n}`;
const hint = (of: number) =>
  of === 2 ? { repository: 'acme/search' } : { entityRef: ref(of) };

const delivered: fc.Arbitrary<DomainEvent> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({
        of: service,
        id: fc.nat(9),
        n: fc.option(fc.nat(19), { nil: undefined }),
        h: at,
        artifact: fc.boolean(),
        environment: fc.constantFrom('production', 'prod-eu', 'staging'),
        status: fc.constantFrom('succeeded' as const, 'failed' as const),
      })
      .map(
        ({ of, id, n, h, artifact, environment, status }): DomainEvent => ({
          type: 'deployment',
          service: hint(of),
          deploymentId: `D${id}`,
          status,
          at: hour(h),
          environment,
          ...(n !== undefined &&
            (artifact
              ? { artifact: `pkg:oci/app@build-${n % 4}` }
              : { revision: revision(of, n) })),
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.boolean(), fc.nat(19), fc.integer({ min: 1, max: 6 }))
      .map(([mono, from, length]) =>
        commitsOf(mono ? 'acme/mono' : 'acme/search', from, from + length),
      ),
  },
  fc.tuple(fc.nat(3), fc.boolean(), fc.nat(19), at).map(
    ([build, mono, n, h]): DomainEvent => ({
      type: 'build',
      artifact: `pkg:oci/app@build-${build}`,
      revision: revision(mono ? 0 : 2, n),
      finishedAt: hour(h),
    }),
  ),
  fc.tuple(fc.boolean(), fc.nat(4), fc.nat(19), at).map(
    ([mono, number, n, h]): DomainEvent => ({
      type: 'pull_request',
      repository: mono ? 'acme/mono' : 'acme/search',
      number,
      updatedAt: hour(h),
      openedAt: hour(h - 3),
      mergedAt: hour(h),
      mergeCommit: revision(mono ? 0 : 2, n),
    }),
  ),
);

/** What changes failures alone. */
const amended: fc.Arbitrary<DomainEvent> = fc.oneof(
  fc
    .record({
      of: service,
      id: fc.constantFrom('I', 'J'),
      action: fc.constantFrom(
        'opened' as const,
        'resolved' as const,
        'reopened' as const,
      ),
      h: at,
    })
    .map(
      ({ of, id, action, h }): DomainEvent => ({
        type: 'incident',
        service: hint(of),
        incidentId: id,
        action,
        at: hour(h),
      }),
    ),
  fc.record({ of: service, id: fc.nat(5), blamed: fc.nat(9), h: at }).map(
    ({ of, id, blamed, h }): DomainEvent => ({
      type: 'attribution',
      service: { entityRef: ref(of) },
      attributionId: `m${id}`,
      ...(id % 2 && { cause: { kind: 'incident', id: 'I' } }),
      blame: { id: `D${blamed}` },
      author: { kind: 'person', name: 'user:default/ines' },
      recordedAt: hour(h),
    }),
  ),
  fc.record({ of: service, id: fc.nat(5), h: at }).map(
    ({ of, id, h }): DomainEvent => ({
      type: 'attribution_withdrawn',
      service: { entityRef: ref(of) },
      attributionId: `m${id}`,
      author: { kind: 'person', name: 'user:default/ines' },
      recordedAt: hour(h),
    }),
  ),
);

type Step =
  | { record: DomainEvent[] }
  /** A backend works on all that waits, or on one service, or both do at once while events come. */
  | { work: number }
  | { correct: number; backend: number }
  | { race: DomainEvent[] }
  | { amend: DomainEvent[] }
  /** Events that a source misunderstood when they came. */
  | { misread: DomainEvent[] }
  /** Killed after so many events, each time it goes on; and what comes between. */
  | { replay: { kills: number[]; meanwhile: DomainEvent[][] } }
  /** Raw payloads of the older half are dropped. */
  | { drop: true };

const event = fc.oneof({ weight: 3, arbitrary: delivered }, amended);
const events = fc.array(event, { minLength: 1, maxLength: 8, size: 'max' });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: events.map(record => ({ record })) },
  { weight: 4, arbitrary: fc.nat(1).map(work => ({ work })) },
  {
    weight: 2,
    arbitrary: fc.record({ correct: service, backend: fc.nat(1) }),
  },
  { weight: 2, arbitrary: events.map(race => ({ race })) },
  {
    weight: 4,
    arbitrary: fc
      .array(amended, { minLength: 1, maxLength: 3 })
      .map(amend => ({ amend })),
  },
  { weight: 2, arbitrary: events.map(misread => ({ misread })) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        kills: fc.array(fc.nat(4), { maxLength: 4 }),
        meanwhile: fc.array(events, { maxLength: 3 }),
      })
      .map(replay => ({ replay })),
  },
  { weight: 1, arbitrary: fc.constant({ drop: true as const }) },
);

/** The same event as an older source read it: another service, another repository, another history. */
function misunderstood(right: DomainEvent): DomainEvent {
  switch (right.type) {
    case 'commits':
      return {
        ...right,
        commits: right.commits.map(commit => ({
          ...commit,
          parents: [...commit.parents, 'zzz'],
          committedAt: hour(-1_000),
          subject: 'zzz',
          paths: ['zzz'],
        })),
      };
    case 'deployment':
      return {
        ...right,
        service: { entityRef: ref(0), repository: 'acme/search' },
        status: 'succeeded',
        environment: 'production',
      };
    case 'pull_request':
      return { ...right, repository: 'acme/mono' };
    case 'incident':
      return { ...right, service: hint(0) };
    default:
      return right;
  }
}

let deliveries = 0;
function entry(domainEvent: DomainEvent): InboxEntry {
  deliveries += 1;
  return {
    event: {
      id: `${deliveries}`,
      source: '/test',
      type: 'test',
      data: JSON.parse(JSON.stringify(domainEvent)),
      extensions: {},
      sample: false,
      receivedAt: hour(0),
    },
    status: 'accepted',
    normaliser: 'test',
    normaliserVersion: 1,
    domainEvents: [domainEvent],
  };
}

async function drain(store: DatabaseFactStore): Promise<void> {
  while ((await store.deriveNext(derive, 25)) > 0);
}

async function migrated(knex: Knex): Promise<Knex> {
  await knex.migrate.latest({
    directory: resolve(__dirname, '../../migrations'),
  });
  await DatabaseDeliveryStore.create({ knex }).applyMapping(mapping);
  return knex;
}

/** Makes a database as it was before any event. */
async function emptied(knex: Knex): Promise<void> {
  await knex.raw(
    `TRUNCATE inbox, domain_event, commit, dirty_service, deployment, change,
       attempt, incident, attribution, rollup_delta, rollup_cell, rollup_week,
       target_repository, target, repository, service;
     DELETE FROM setting WHERE name <> 'facts'`,
  );
  await DatabaseDeliveryStore.create({ knex }).applyMapping(mapping);
}

/** Thrown in the middle of a step, which then comes to nothing, as when the process ends. */
class Killed extends Error {}

/** Every attempt as it is stored. */
async function facts(knex: Knex): Promise<object[]> {
  return knex('attempt').select('key', 'fact').orderBy('key');
}

/** Forgets what the older half of events looked like, as retention does. */
async function dropHalf(knex: Knex): Promise<void> {
  const ids = await knex('inbox').orderBy('id').pluck('id');
  const last = ids[Math.floor(ids.length / 2)];
  if (last !== undefined) {
    await knex('inbox').where('id', '<=', last).update({ record: null });
    await knex('setting')
      .insert({ name: 'raw_payloads_dropped_to', value: last })
      .onConflict('name')
      .merge();
  }
}

/** What deployments keep of their changes says what the changes say. */
async function expectFiguresOfRows(knex: Knex): Promise<void> {
  const store = QueryStore.create({ knex });
  const refs = await knex('service').pluck('entity_ref');
  const question = {
    from: Date.parse(hour(-24)),
    to: Date.parse(hour(24 * 60)),
    compareFrom: Date.parse(hour(-48)),
    compareTo: Date.parse(hour(-24)),
    timeZone: 'UTC',
    interval: 'week',
  } as const;
  const window = { from: question.compareFrom, to: question.to };
  for (const environment of ['production', 'staging']) {
    const scope = await store.resolveScope(refs, environment);
    const query = { ...question, environment };
    const columns = await store.metricsColumns(scope, [window, window]);
    expect(withScratch(() => metricsOfColumns(columns(), query))).toEqual(
      computeMetrics(await factRows(knex, scope), query),
    );
  }
}

describe('incremental derivation', () => {
  it('gives what deriving everything from the inbox gives, however steps interleave', async () => {
    const knex = await migrated(await databases.init('POSTGRES_18'));
    const reference = await migrated(await databases.init('POSTGRES_18'));
    const delivery = DatabaseDeliveryStore.create({ knex });
    let reused = 0;
    let killed = 0;

    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 14, size: 'max' }),
        // What is misunderstood and then has no payload stays so: one or the other.
        fc.constantFrom('drop' as const, 'misread' as const),
        async (steps, mishap) => {
          await emptied(knex);
          await emptied(reference);
          const counting: DeriveFacts = {
            ...derive,
            facts: (history, all) => {
              reused += 1;
              return derive.facts(history, all);
            },
            history: (of, input) => {
              reused -= 1;
              return derive.history(of, input);
            },
          };
          // The second one has room for little, so that it forgets now and then.
          const backends = [
            DatabaseFactStore.create({ knex }),
            DatabaseFactStore.create({ knex, keptItems: 40 }),
          ];
          const recorded: InboxEntry[] = [];
          const record = async (
            list: DomainEvent[],
            read = (right: DomainEvent) => right,
          ) => {
            const entries = list.map(entry);
            recorded.push(...entries);
            await delivery.record(
              entries.map(one => ({
                ...one,
                domainEvents: one.domainEvents.map(read),
              })),
              mapping,
            );
          };
          let versions = 0;
          /** As after a start: nothing of the run is in memory. */
          const stepUntilKilled = async (
            after: number | undefined,
            version: number,
          ) => {
            let left = after ?? Infinity;
            try {
              return await DatabaseDeliveryStore.create({
                knex,
                replayChunk: 3,
              }).replayStep(
                ({ event: { id } }) => {
                  if (left === 0) {
                    throw new Killed();
                  }
                  left -= 1;
                  return recorded.find(one => one.event.id === id)!;
                },
                mapping,
                { test: version },
              );
            } catch (error) {
              if (!(error instanceof Killed)) {
                throw error;
              }
              killed += 1;
              return undefined;
            }
          };
          const replayAll = async (
            kills: number[] = [],
            meanwhile: DomainEvent[][] = [],
          ) => {
            versions += 1;
            await delivery.beginReplay({ test: versions });
            const before = await facts(knex);
            for (let go = 0; ; go++) {
              const went = await stepUntilKilled(kills[go], versions);
              kills[go] = Infinity;
              if (went?.done) {
                return;
              }
              await record(meanwhile[go] ?? []);
              await backends[go % 2].deriveNext(counting, 25);
              await backends[go % 2].deriveService(ref(go % 3), counting);
              // Facts of half an inbox are never shown.
              expect(await facts(knex)).toEqual(before);
              expect(
                (await backends[0].backlog()).pending.length,
              ).toBeGreaterThanOrEqual(before.length > 0 ? 1 : 0);
            }
          };
          for (const next of steps) {
            if ('record' in next) {
              await record(next.record);
            } else if ('work' in next) {
              await backends[next.work].deriveNext(counting, 25);
            } else if ('correct' in next) {
              await backends[next.backend].deriveService(
                ref(next.correct),
                counting,
              );
            } else if ('amend' in next) {
              await record(next.amend);
              await backends[0].deriveNext(counting, 25);
            } else if ('race' in next) {
              await Promise.all([
                record(next.race),
                backends[0].deriveNext(counting, 25),
                backends[1].deriveNext(counting, 25),
                backends[0].deriveService(ref(0), counting),
              ]);
            } else if ('misread' in next) {
              await record(
                next.misread,
                mishap === 'misread' ? misunderstood : undefined,
              );
            } else if ('replay' in next) {
              await replayAll([...next.replay.kills], next.replay.meanwhile);
            } else if (mishap === 'drop') {
              await dropHalf(knex);
            }
          }
          if (mishap === 'misread') {
            await replayAll([1, 2]);
          }
          await drain(backends[1]);
          await drain(backends[0]);

          await DatabaseDeliveryStore.create({ knex: reference }).record(
            // Another order of arrival.
            [...recorded].reverse(),
            mapping,
          );
          await drain(
            DatabaseFactStore.create({ knex: reference, keptItems: 0 }),
          );
          expect(await snapshot(knex)).toEqual(await snapshot(reference));
          await expectFiguresOfRows(knex);
        },
      ),
      { numRuns: 25, endOnFailure: true },
    );
    // What is compared was indeed made in the ways it is about.
    expect(reused).toBeGreaterThan(20);
    expect(killed).toBeGreaterThan(5);
  });

  it('sees what a transaction that began earlier commits later', async () => {
    const knex = await migrated(await databases.init('POSTGRES_18'));
    // Connections of its own for a transaction that stays open.
    const other = knexFactory({
      client: 'pg',
      connection: knex.client.config.connection,
    });
    try {
      const store = DatabaseFactStore.create({ knex });
      const deployment = (id: string, h: number): DomainEvent => ({
        type: 'deployment',
        service: { entityRef: ref(2) },
        deploymentId: id,
        status: 'succeeded',
        at: hour(h),
        environment: 'production',
      });
      const delivery = DatabaseDeliveryStore.create({ knex });
      await delivery.record([entry(deployment('A', 1))], mapping);
      await drain(store);

      const late = await other.transaction();
      const lateStore = DatabaseDeliveryStore.create({ knex: late });
      await lateStore.record([entry(deployment('early', 2))], mapping);
      await delivery.record([entry(deployment('B', 3))], mapping);
      await drain(store);
      const count = async () =>
        Number((await knex('attempt').count().first())!.count);
      expect(await count()).toBe(2);

      await late.commit();
      await drain(store);
      expect(await count()).toBe(3);
    } finally {
      await other.destroy();
    }
  });

  it('reads events of a database that was restored from a dump', async () => {
    const knex = await migrated(await databases.init('POSTGRES_18'));
    const delivery = DatabaseDeliveryStore.create({ knex });
    const deployment = (id: string, h: number): DomainEvent => ({
      type: 'deployment',
      service: { entityRef: ref(2) },
      deploymentId: id,
      artifact: 'pkg:oci/app@build-1',
      status: 'succeeded',
      at: hour(h),
      environment: 'production',
    });
    const build: DomainEvent = {
      type: 'build',
      artifact: 'pkg:oci/app@build-1',
      revision: 'acme/search-1',
      finishedAt: hour(0),
    };
    await delivery.record(
      [
        commitsOf('acme/search', 0, 3),
        deployment('A', 1),
        deployment('B', 2),
        build,
      ].map(entry),
      mapping,
    );
    // Where they come from, far more transactions had been run.
    await knex('domain_event').update({ txid: '900000000000' });
    const store = DatabaseFactStore.create({ knex });
    await drain(store);
    const attempts = async () =>
      (await knex('attempt').pluck('fact')).map(fact => fact.revision);
    expect(await attempts()).toEqual(['acme/search-1', 'acme/search-1']);

    await delivery.record([entry(deployment('C', 3))], mapping);
    await drain(store);
    expect(await attempts()).toHaveLength(3);
    expect(
      await knex('deployment').where({ kind: KIND_CODE.redeploy }),
    ).toHaveLength(2);
  });

  it('takes services with incidents into memory, as many as there is room for, and writes nothing', async () => {
    const knex = await migrated(await databases.init('POSTGRES_18'));
    const delivery = DatabaseDeliveryStore.create({ knex });
    const deployment = (of: number, id: string): DomainEvent => ({
      type: 'deployment',
      service: { entityRef: ref(of) },
      deploymentId: id,
      status: 'succeeded',
      at: hour(1),
      environment: 'production',
    });
    const incident = (of: number, h: number): DomainEvent => ({
      type: 'incident',
      service: { entityRef: ref(of) },
      incidentId: `I${of}`,
      action: 'opened',
      at: hour(h),
    });
    await delivery.record(
      [0, 1, 2].flatMap(of => [entry(deployment(of, 'A'))]),
      mapping,
    );
    await delivery.record([incident(0, 2), incident(1, 3)].map(entry), mapping);
    await drain(DatabaseFactStore.create({ knex }));
    const versions = () => knex('service').pluck('facts_version');
    const before = await versions();

    const histories: string[] = [];
    const watched: DeriveFacts = {
      ...derive,
      history: (of, input) => {
        histories.push(of.entityRef);
        return derive.history(of, input);
      },
    };
    // Each of them has two events; there is room for those of one, the one with the latest incident.
    const small = DatabaseFactStore.create({ knex, keptItems: 5 });
    expect(await small.warm(watched)).toBe(1);
    expect(histories).toEqual([ref(1)]);
    const store = DatabaseFactStore.create({ knex });
    expect(await store.warm(watched)).toBe(2);
    expect(await versions()).toEqual(before);

    // What is in memory is not made again.
    histories.splice(0);
    for (const number of [0, 1, 2]) {
      await store.deriveService(ref(number), watched);
    }
    expect(histories).toEqual([ref(2)]);

    // While the inbox is normalised anew there is nothing to remember.
    await delivery.beginReplay({ test: 2 });
    expect(await DatabaseFactStore.create({ knex }).warm(watched)).toBe(0);
  });

  it('uses up no ids for what has one', async () => {
    const knex = await migrated(await databases.init('POSTGRES_18'));
    const record = (deploymentId: string) =>
      DatabaseDeliveryStore.create({ knex }).record(
        [
          entry({
            type: 'deployment',
            service: { entityRef: ref(2) },
            deploymentId,
            status: 'succeeded',
            at: hour(1),
            environment: 'prod-eu',
          }),
        ],
        mapping,
      );
    const ids = async () =>
      (
        await knex.raw(`SELECT
          (SELECT last_value FROM service_id_seq) AS service,
          (SELECT last_value FROM label_id_seq) AS label`)
      ).rows[0];
    await record('A');
    await drain(DatabaseFactStore.create({ knex }));
    const before = await ids();
    for (const again of ['B', 'C']) {
      // As after a start: nothing is in memory.
      await DatabaseDeliveryStore.create({ knex }).applyMapping(mapping);
      await record(again);
      await drain(DatabaseFactStore.create({ knex }));
    }
    expect(await knex('attempt')).toHaveLength(3);
    expect(await ids()).toEqual(before);
  });

  it('writes only rows that differ', async () => {
    const knex = await migrated(await databases.init('POSTGRES_18'));
    const delivery = DatabaseDeliveryStore.create({ knex });
    const store = DatabaseFactStore.create({ knex });
    const deployments = Array.from(
      { length: 30 },
      (_, n): DomainEvent => ({
        type: 'deployment',
        service: { entityRef: ref(2) },
        deploymentId: `D${n}`,
        status: 'succeeded',
        at: hour(n * 24),
        environment: 'production',
        revision: `acme/search-${n}`,
      }),
    );
    await delivery.record(
      [commitsOf('acme/search', 0, 30), ...deployments].map(entry),
      mapping,
    );
    await drain(store);
    const rowsOf = (table: string) =>
      knex(table).select(knex.raw('ctid::text, xmin::text, *')).orderBy('ctid');
    const version = async () =>
      (
        await knex('service')
          .where({ entity_ref: ref(2) })
          .first()
      ).facts_version;
    const before = {
      deployments: await rowsOf('deployment'),
      changes: await rowsOf('change'),
      attempts: await rowsOf('attempt'),
      version: await version(),
    };

    // Nothing new: nothing is written, whether this process knows the facts or not.
    await store.deriveService(ref(2), derive);
    expect(await version()).toBe(before.version);
    await DatabaseFactStore.create({ knex }).deriveService(ref(2), derive);
    expect(await rowsOf('deployment')).toEqual(before.deployments);

    await delivery.record(
      [
        entry({
          type: 'attribution',
          service: { entityRef: ref(2) },
          attributionId: 'm',
          blame: { id: 'D8' },
          author: { kind: 'person', name: 'user:default/ines' },
          recordedAt: hour(900),
        }),
      ],
      mapping,
    );
    await store.deriveService(ref(2), derive);
    const deploymentsNow = await rowsOf('deployment');
    const rewritten = deploymentsNow.filter(
      row =>
        !before.deployments.some(
          ({ xmin, id }) => xmin === row.xmin && id === row.id,
        ),
    );
    // The one that failed, and those after it, of which failures are known from then on.
    expect(
      rewritten.every(row => row.finished_at >= Date.parse(hour(8 * 24))),
    ).toBe(true);
    const failures = (rows: { failed: boolean }[]) =>
      rows.filter(({ failed }) => failed).length;
    expect(failures(deploymentsNow)).toBe(failures(before.deployments) + 1);
    expect(await rowsOf('change')).toEqual(before.changes);
    expect(await rowsOf('attempt')).toEqual(before.attempts);
  });
});
