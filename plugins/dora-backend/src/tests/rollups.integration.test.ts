import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import {
  CHANGE_EXCLUSIONS,
  computeLeadTimes,
  computeMetrics,
  Metrics,
  metricsOfColumns,
  MetricsQuery,
  MetricsResponse,
  packChangeTimes,
  seededRandom,
  withScratch,
} from '@pavedroad/plugin-dora-common';
import { Knex } from 'knex';
import { factRows } from '../__testUtils__/factRows';
import { BYTES_IN_INDEX } from '../database/factBytes';
import { QueryStore, ResolvedScope } from '../database/QueryStore';
import { RollupReader } from '../database/RollupReader';
import { logRollups } from '../database/rollupRows';
import { RollupStore } from '../database/RollupStore';
import { DeliveryFigures } from '../service/DeliveryFigures';

jest.setTimeout(120_000);

const SERVICES = 8;
const DAY = 86_400_000;
const FROM = Date.parse('2026-01-01T00:00:00Z');
const TO = Date.parse('2026-07-01T00:00:00Z');
const ZONES = [
  'UTC',
  'Europe/Lisbon',
  'America/New_York',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'Pacific/Apia',
];

describe('rollups', () => {
  const databases = TestDatabases.create({ ids: ['POSTGRES_18'] });
  let knex: Knex;
  let store: QueryStore;
  let rollups: RollupStore;
  let figures: DeliveryFigures;
  let scope: ResolvedScope;
  const random = seededRandom(20_260_701);
  const whole = (limit: number) => Math.floor(random() * limit);
  let made = 0;

  beforeAll(async () => {
    knex = await databases.init('POSTGRES_18');
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@pavedroad/plugin-dora-backend',
        'migrations',
      ),
    });
    await knex('label').insert([
      { name: 'production' },
      { name: 'prod-eu' },
      { name: 'staging' },
    ]);
    await knex('service').insert(
      Array.from({ length: SERVICES }, (_, i) => ({
        entity_ref: `component:default/service-${i}`,
        facts: JSON.stringify({
          environments: [
            { name: 'production', tier: 'production' },
            { name: 'prod-eu', tier: 'production' },
            { name: 'staging', tier: 'staging' },
          ],
          connectedSince: FROM,
          sample: false,
          quality: {
            hasDeployments: true,
            hasFailureData: true,
            hasCommits: true,
            hasPullRequests: true,
            hasBuilds: true,
            onlyReleaseTags: false,
            unknownHistory: 0,
            clampedChanges: 0,
            unattributedIncidents: 0,
          },
        }),
      })),
    );
    store = QueryStore.create({ knex });
    rollups = RollupStore.create({ knex, deltasAtOnce: 150 });
    figures = DeliveryFigures.create({
      store,
      rollups: RollupReader.create({ knex, deltasAtOnce: 30 }),
      exactDeployments: 0,
    });
    await write(1_500);
    await foldAll();
    await write(100);
    scope = await store.resolveScope(
      Array.from(
        { length: SERVICES },
        (_, i) => `component:default/service-${i}`,
      ),
      'production',
    );
  });

  async function foldAll() {
    while ((await rollups.fold(400)) > 0);
  }

  /** Deployments of every sort, with changes, told to the rollups as ingestion tells them. */
  async function write(count: number) {
    await knex.transaction(async tx => {
      const deployments = Array.from({ length: count }, () => {
        const failed = random() < 0.2;
        const place = whole(10);
        return {
          service_id: 1 + whole(SERVICES),
          key: `d${made++}`,
          finished_at: FROM + whole(TO - FROM),
          // In the tier with one environment, in a rollout over several, in one of these, and elsewhere.
          tier_id: [1, 1, 1, 1, 1, 1, 1, null, null, 3][place],
          environment_id: [1, 1, 1, 1, null, null, null, 2, 2, 3][place],
          kind: [1, 1, 1, 1, 2, 3][whole(6)],
          failed,
          rework: random() < 0.2,
          failure_data: random() < 0.8,
          first: random() < 0.05,
          unknown_history: random() < 0.1,
          release_tag: random() < 0.1,
          sample: random() < 0.01,
          recovery_seconds: failed && random() < 0.8 ? whole(90_000) : null,
          changes: 0,
          fact: '{}',
          digest: '00000000-0000-0000-0000-000000000000',
        };
      });
      const changes = deployments.map(() => {
        const pace = 60 * 1.5 ** whole(30);
        // Now and then more than an index can hold.
        const many = whole(100) === 0 ? 90 : 6;
        return Array.from({ length: whole(many) }, (_, i) => {
          const lead = Math.round(pace * (0.5 + random()) * 1_000) / 1_000;
          return {
            excluded: [0, 0, 0, 0, 0, 1, 2, 3][whole(8)],
            lead_seconds: lead,
            stage_1: random() < 0.5 ? lead / 2 : null,
            stage_2: lead / 4,
            stage_3: null,
            stage_4: 0,
            stage_5: lead / 4,
            commit: `c${i}`,
            committed_at: 0,
            clamped: false,
            bot: false,
          };
        });
      });
      const written = await tx('deployment')
        .insert(
          deployments.map((row, i) => {
            const times = Buffer.from(
              packChangeTimes(
                changes[i].map(change => ({
                  leadSeconds: change.lead_seconds,
                  stages: [
                    change.stage_1 ?? undefined,
                    change.stage_2,
                    undefined,
                    change.stage_4,
                    change.stage_5,
                  ],
                  excluded: CHANGE_EXCLUSIONS[change.excluded],
                })),
              ),
            );
            const few = times.length <= BYTES_IN_INDEX;
            return {
              ...row,
              change_times: few ? times : null,
              many_change_times: few ? null : times,
            };
          }),
        )
        .returning('id');
      await tx('change').insert(
        written.flatMap(({ id }, i) =>
          changes[i].map(change => ({ ...change, deployment_id: id })),
        ),
      );
      await tx('incident').insert(
        deployments.slice(0, 40).map(({ service_id, key, finished_at }) => ({
          service_id,
          key,
          opened_at: finished_at,
          tier_id: 1,
          attributed: random() < 0.5,
          fact: '{}',
          digest: '00000000-0000-0000-0000-000000000000',
        })),
      );
      await logRollups(
        tx,
        1,
        deployments.map(row => ({ serviceId: row.service_id, key: row.key })),
      );
    });
  }

  /** As a correction would: deployments change and come again, or go. */
  async function rewrite(count: number) {
    await knex.transaction(async tx => {
      const rows = await tx('deployment').orderBy('key').limit(count);
      const named = rows.map(row => ({
        serviceId: row.service_id,
        key: row.key,
      }));
      await logRollups(tx, -1, named);
      for (const [i, { id }] of rows.entries()) {
        if (i % 3 === 0) {
          await tx('change').where({ deployment_id: id }).delete();
          await tx('deployment').where({ id }).delete();
        } else {
          await tx('deployment')
            .where({ id })
            .update({ failed: i % 2 === 0, recovery_seconds: i * 10 });
        }
      }
      await logRollups(
        tx,
        1,
        named.filter((_, i) => i % 3 !== 0),
      );
    });
  }

  function question(): MetricsQuery {
    const from = FROM + whole(100 * DAY);
    const step = [1, 60_000, 900_000, 3_600_000, DAY][whole(5)];
    const to = Math.min(TO, from + 30 * DAY + whole(50 * DAY));
    const aligned = (at: number) => Math.floor(at / step) * step;
    return {
      from: aligned(from),
      to: aligned(to),
      compareFrom: aligned(from - 20 * DAY),
      compareTo: aligned(from),
      timeZone: ZONES[whole(ZONES.length)],
      interval: (['day', 'week', 'month'] as const)[whole(3)],
      environment: 'production',
    };
  }

  /** Everything that must be the same to the last one. */
  function counts({
    metrics,
    series,
    comparison,
    excluded,
    sampleData,
  }: MetricsResponse) {
    const of = (m: Metrics) => ({
      frequency: m.deploymentFrequency,
      changes: m.changeLeadTime.changes,
      deployments: m.changeLeadTime.deployments,
      status: m.changeLeadTime.status,
      stages: m.changeLeadTime.stages?.map(({ changes, shareOfTotal }) => [
        changes,
        shareOfTotal.toFixed(6),
      ]),
      failed: m.changeFailRate,
      recovered: m.failedDeploymentRecoveryTime.recovered,
      unrecovered: m.failedDeploymentRecoveryTime.unrecovered,
      rework: m.deploymentReworkRate,
    });
    const { deploymentFrequency, changeFailRate, deploymentReworkRate } =
      comparison.verdicts;
    return {
      metrics: of(metrics),
      before: of(comparison.metrics),
      series: series.map(({ from, to, metrics: m }) => ({
        from,
        to,
        ...of(m),
      })),
      verdicts: { deploymentFrequency, changeFailRate, deploymentReworkRate },
      excluded,
      sampleData,
    };
  }

  function expectClose(sketched: Metrics, exact: Metrics) {
    for (const metric of [
      'changeLeadTime',
      'failedDeploymentRecoveryTime',
    ] as const) {
      for (const percentile of [
        'p50Seconds',
        'p75Seconds',
        'p90Seconds',
      ] as const) {
        const value = exact[metric][percentile];
        const got = sketched[metric][percentile];
        expect(got === undefined).toBe(value === undefined);
        expect(Math.abs((got ?? 0) - (value ?? 0))).toBeLessThanOrEqual(
          0.01 * (value ?? 0),
        );
      }
    }
    exact.changeLeadTime.stages?.forEach(({ p50Seconds = 0 }, i) => {
      const got = sketched.changeLeadTime.stages![i].p50Seconds ?? 0;
      expect(Math.abs(got - p50Seconds)).toBeLessThanOrEqual(0.01 * p50Seconds);
    });
  }

  /** The scope as one by service weeks, as one of everything, and as everything without some. */
  const shapes = (): [string, ResolvedScope, ResolvedScope][] => {
    const some = [2, 5];
    const without = {
      ...scope,
      serviceIds: scope.serviceIds.filter(id => !some.includes(id)),
    };
    return [
      ['by service', scope, scope],
      ['everything', { ...scope, except: [] }, scope],
      ['everything but two', { ...without, except: some }, without],
    ];
  };

  async function expectSameAnswers(rounds: number) {
    for (let round = 0; round < rounds; round++) {
      const query = question();
      for (const [, sketchedScope, exactScope] of shapes()) {
        const exact = computeMetrics(await factRows(knex, exactScope), query);
        const columns = await store.metricsColumns(exactScope, [
          { from: query.from, to: query.to },
          { from: query.compareFrom, to: query.compareTo },
        ]);
        expect(metricsOfColumns(columns(), query)).toEqual(exact);
        expect(withScratch(() => metricsOfColumns(columns(), query))).toEqual(
          exact,
        );
        const sketched = await figures.metrics(sketchedScope, undefined, query);
        expect(counts(sketched)).toEqual(counts(exact));
        expectClose(sketched.metrics, exact.metrics);
        expectClose(sketched.comparison.metrics, exact.comparison.metrics);
        sketched.series.forEach((part, i) =>
          expectClose(part.metrics, exact.series[i].metrics),
        );
        expect(sketched.metrics.changeLeadTime.maxRelativeError).toBe(0.01);
        expect(
          sketched.metrics.failedDeploymentRecoveryTime.maxRelativeError,
        ).toBe(0.01);
      }
    }
  }

  it('answer as the rows do, in every zone, whatever is folded', async () => {
    expect.hasAssertions();
    await expectSameAnswers(5);
    await foldAll();
    await expectSameAnswers(3);
  });

  it('count nothing that is no longer kept and not yet removed', async () => {
    expect.hasAssertions();
    for (let round = 0; round < 4; round++) {
      const query = question();
      // In the window, in the one that is compared, or at its very end.
      const keptFrom = [
        query.from + 3.3 * DAY,
        query.compareFrom + 5.7 * DAY,
        query.from,
        query.to,
      ][round];
      for (const [, sketchedScope, exactScope] of shapes()) {
        const cut = (asked: ResolvedScope) => ({
          ...asked,
          services: asked.services.map(row => ({ ...row, keptFrom })),
        });
        const rows = await factRows(knex, cut(exactScope));
        const exact = computeMetrics(
          {
            services: rows.services,
            deployments: rows.deployments.filter(
              ({ finishedAt }) => finishedAt >= keptFrom,
            ),
            changes: rows.changes.filter(
              ({ finishedAt }) => finishedAt >= keptFrom,
            ),
            incidents: rows.incidents.filter(
              ({ openedAt }) => openedAt >= keptFrom,
            ),
          },
          query,
        );
        expect(
          counts(await figures.metrics(cut(sketchedScope), undefined, query)),
        ).toEqual(counts(exact));
      }
    }
  });

  it('are the same whoever else asks, and whatever sketches they come from', async () => {
    const questions = Array.from({ length: 4 }, question);
    const own = () =>
      DeliveryFigures.create({
        store,
        rollups: RollupReader.create({ knex, deltasAtOnce: 30 }),
        exactDeployments: 0,
      });
    const asked = shapes().flatMap(([, sketchedScope]) =>
      questions.map(query => ({ scope: sketchedScope, query })),
    );
    type Asked = (typeof asked)[number];
    const all = async (from: DeliveryFigures, each: Asked) => ({
      metrics: await from.metrics(each.scope, undefined, each.query),
      between: await from.metrics(each.scope, scope, each.query),
      leadTimes: await from.leadTimes(each.scope, each.query),
      services: await from.services(each.scope, each.query),
    });
    // Each from sketches that nobody has used.
    const fresh = [];
    for (const each of asked) {
      fresh.push(await all(own(), each));
    }
    const shared = own();
    const together = await Promise.all(asked.map(each => all(shared, each)));
    expect(together).toEqual(fresh);
    // From what those before gave back; what was answered then is still what it was.
    for (const [i, each] of asked.entries()) {
      expect(await all(shared, each)).toEqual(fresh[i]);
    }
    expect(together).toEqual(fresh);
  });

  it('follow corrections at once', async () => {
    expect.hasAssertions();
    await rewrite(120);
    await expectSameAnswers(2);
    await foldAll();
    await expectSameAnswers(2);
  });

  it('answer alike when many ask at once, little is kept and much is folded', async () => {
    await write(60);
    const crowded = DeliveryFigures.create({
      store,
      rollups: RollupReader.create({ knex, cacheBytes: 500_000 }),
      exactDeployments: 0,
    });
    const asked = { ...scope, except: [] };
    const questions = Array.from({ length: 6 }, question);
    const expected = await Promise.all(
      questions.map(async query =>
        counts(await figures.metrics(scope, undefined, query)),
      ),
    );
    for (let round = 0; round < 5; round++) {
      const [, ...answers] = await Promise.all([
        rollups.fold(12),
        ...questions.map(async query =>
          counts(await crowded.metrics(asked, undefined, query)),
        ),
      ]);
      expect(answers).toEqual(expected);
    }
    await foldAll();
  });

  it('leave nothing behind of what goes', async () => {
    const cells = async () => {
      const { rows } = await knex.raw(
        `SELECT partition_id, level, slot, 0 AS service_id, counts, lead, stages FROM rollup_cell
         UNION ALL
         SELECT partition_id, 3, slot, service_id, counts, lead, stages FROM rollup_week
         ORDER BY 1, 2, 3, 4`,
      );
      return rows;
    };
    await foldAll();
    const before = await cells();
    const first = made;
    await write(60);
    await foldAll();
    expect(await cells()).not.toEqual(before);
    await knex.transaction(async tx => {
      const rows = await tx('deployment').whereIn(
        'key',
        Array.from({ length: 60 }, (_, i) => `d${first + i}`),
      );
      await logRollups(
        tx,
        -1,
        rows.map(row => ({ serviceId: row.service_id, key: row.key })),
      );
      await tx('change')
        .whereIn(
          'deployment_id',
          rows.map(({ id }) => id),
        )
        .delete();
      await tx('deployment')
        .whereIn(
          'id',
          rows.map(({ id }) => id),
        )
        .delete();
    });
    await foldAll();
    expect(await cells()).toEqual(before);
  });

  it('split windows into counts that add up', async () => {
    const query = { ...question(), timeZone: 'Asia/Kathmandu' };
    const middle = Math.floor((query.from + query.to) / 2);
    const changes = async (from: number, to: number) =>
      (
        await figures.leadTimes(
          { ...scope, except: [] },
          { ...query, from, to },
        )
      ).changes;
    expect(
      (await changes(query.from, middle)) + (await changes(middle, query.to)),
    ).toBe(await changes(query.from, query.to));
  });

  it('know the distribution and the length of lists', async () => {
    for (const [, sketchedScope, exactScope] of shapes()) {
      const query = question();
      const window = { from: query.from, to: query.to };
      const exact = computeLeadTimes(await factRows(knex, exactScope), query);
      const sketched = await figures.leadTimes(sketchedScope, query);
      expect(sketched.changes).toBe(exact.changes);
      expect(sketched.buckets).toEqual(exact.buckets);

      const many = {
        ...sketchedScope,
        // More than are counted row by row; there is nothing of the others.
        serviceIds: [
          ...sketchedScope.serviceIds,
          ...Array.from({ length: 30 }, (_, i) => 1_000 + i),
        ],
      };
      const filters = { failureData: false, rework: false, attempts: false };
      for (const filter of [
        filters,
        { ...filters, kind: 'rollback' as const },
        { ...filters, outcome: 'failed' as const, failureData: true },
        { ...filters, rework: true },
      ]) {
        expect(await figures.count(many, { window, ...filter })).toBe(
          await store.count(exactScope, { window, ...filter }),
        );
      }
    }
  });

  it('tell the figures of each service by itself', async () => {
    for (let round = 0; round < 3; round++) {
      const query = question();
      const sketched = await figures.services(scope, query);
      const exactly = await DeliveryFigures.create({
        store,
        rollups: RollupReader.create({ knex }),
      }).services(scope, query);
      for (const [i, service] of scope.services.entries()) {
        const { entityRef, metrics, sampleData } = sketched[i];
        const exact = computeMetrics(
          await factRows(knex, {
            ...scope,
            serviceIds: [scope.idOf.get(service.serviceRef)!],
            services: [service],
          }),
          query,
        );
        delete exact.metrics.changeLeadTime.stages;
        expect(exactly[i].metrics).toEqual(exact.metrics);
        expect(entityRef).toBe(service.serviceRef);
        expectClose(metrics, exact.metrics);
        expect({
          ...metrics,
          changeLeadTime: metrics.changeLeadTime.changes,
          failedDeploymentRecoveryTime:
            metrics.failedDeploymentRecoveryTime.unrecovered,
          sampleData,
        }).toEqual({
          ...exact.metrics,
          changeLeadTime: exact.metrics.changeLeadTime.changes,
          failedDeploymentRecoveryTime:
            exact.metrics.failedDeploymentRecoveryTime.unrecovered,
          sampleData: exact.sampleData,
        });
      }
    }
  });

  it('list the same rows page by page, of few services and of many', async () => {
    await knex('attempt').insert(
      Array.from({ length: 30 }, (_, i) => ({
        service_id: 1 + whole(SERVICES),
        key: `a${i}`,
        finished_at: FROM + whole(TO - FROM),
        tier_id: 1,
        environment_id: 1 + (i % 2),
        status: 2,
        fact: JSON.stringify({ id: `a${i}` }),
        digest: '00000000-0000-0000-0000-000000000000',
      })),
    );
    await knex.raw(`UPDATE deployment SET fact = json_build_object('id', key)`);
    const window = { from: FROM, to: TO };
    const filters = {
      window,
      failureData: false,
      rework: false,
      attempts: false,
    };
    const keys = async (
      asked: ResolvedScope,
      filter: typeof filters & { kind?: 'rollback'; outcome?: 'failed' },
    ) => {
      const found: string[] = [];
      let after: { finishedAt: number; key: string } | undefined;
      for (let page = 0; page < 5; page++) {
        const rows = await store.list(asked, filter, { limit: 17, after });
        const shown = rows
          .slice(0, 17)
          .map(row => ('attempt' in row ? row.attempt.id : row.deployment.id));
        found.push(...shown);
        const last = shown[shown.length - 1];
        const table = last.startsWith('a') ? 'attempt' : 'deployment';
        const row = await knex(table).where({ key: last }).first();
        after = { finishedAt: Number(row.finished_at), key: last };
      }
      return found;
    };
    const unknown = Array.from({ length: 250 }, (_, i) => 1_000 + i);
    for (const [, sketchedScope, exactScope] of shapes()) {
      const many = {
        ...sketchedScope,
        serviceIds: [...sketchedScope.serviceIds, ...unknown],
      };
      for (const filter of [
        filters,
        { ...filters, attempts: true },
        { ...filters, kind: 'rollback' as const },
        { ...filters, outcome: 'failed' as const, failureData: true },
      ]) {
        const expected = await keys(exactScope, filter);
        expect(await keys(many, filter)).toEqual(expected);
        expect(new Set(expected).size).toBe(85);
      }
    }
  });

  it('survive a migration down and up with what is there', async () => {
    const directory = resolvePackagePath(
      '@pavedroad/plugin-dora-backend',
      'migrations',
    );
    const kept = () =>
      knex('deployment')
        .select('id', 'change_times', 'many_change_times')
        .orderBy('id');
    const before = await kept();
    expect(before.some(row => row.many_change_times !== null)).toBe(true);
    let undone: string[];
    do {
      [, undone] = await knex.migrate.down({ directory });
    } while (!undone.some(name => name.includes('change_times')));
    await knex.migrate.latest({ directory });
    expect(await kept()).toEqual(before);
    await expectSameAnswers(1);
    await foldAll();
    await expectSameAnswers(1);
  });

  it('tell nothing of a service that came after the question was put', async () => {
    const asked = { ...scope, except: [], withFacts: SERVICES };
    const query = question();
    const window = { from: FROM, to: TO };
    const filter = {
      window,
      failureData: false,
      rework: false,
      attempts: false,
    };
    const unknown = Array.from({ length: 250 }, (_, i) => 1_000 + i);
    const answers = async () => [
      counts(await figures.metrics(asked, undefined, query)),
      await store.list(
        { ...asked, serviceIds: [...asked.serviceIds, ...unknown] },
        filter,
        { limit: 20 },
      ),
    ];
    const before = await answers();
    await knex('service').insert({
      entity_ref: 'component:default/secret',
      facts: '{}',
    });
    const { id } = await knex('service')
      .where({ entity_ref: 'component:default/secret' })
      .first();
    await knex.transaction(async tx => {
      const rows = await tx('deployment').where({ tier_id: 1 }).limit(200);
      await tx('deployment').insert(
        rows.map(({ id: _, ...row }) => ({ ...row, service_id: id })),
      );
      await logRollups(
        tx,
        1,
        rows.map(({ key }) => ({ serviceId: id, key })),
      );
    });
    expect(await answers()).toEqual(before);
  });
});
