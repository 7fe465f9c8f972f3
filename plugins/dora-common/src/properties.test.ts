import fc from 'fast-check';
import { DomainEvent } from './events';
import { deriveServiceFacts } from './derive/deriveServiceFacts';
import { computeMetrics } from './computeMetrics';
import { ServiceFacts, ServiceFactsConfig } from './facts';
import { rowsFromFacts } from './rowsFromFacts';
import {
  commit,
  commits,
  deploy,
  hour,
  incident,
} from './__testUtils__/scenario';

const runs = { numRuns: 200 };
const HOURS = 24 * 30;
const at = fc.integer({ min: 0, max: HOURS });
const sha = fc.integer({ min: 0, max: 11 }).map(n => `c${n}`);

/** Histories with merges and several roots, deployments of every sort, incidents, corrections. */
const graph: fc.Arbitrary<DomainEvent[]> = fc
  .array(fc.tuple(fc.nat(11), fc.nat(11), at, fc.boolean()), {
    minLength: 12,
    maxLength: 12,
  })
  .map(rows =>
    rows.map(([a, b, h, merge], i) =>
      commits(
        commit(
          `c${i}`,
          [...new Set(merge ? [a, b] : [a])]
            .filter(p => p < i)
            .map(p => `c${p}`)
            .join(' '),
          h,
          {
            ...(i % 5 === 4 && { reverts: [`c${a}`] }),
            ...(i % 4 > 0 && { paths: [i % 2 ? 'services/shop/x' : 'docs/y'] }),
          },
        ),
      ),
    ),
  );

const environment = fc.constantFrom('production', 'prod-eu', 'staging');
const event: fc.Arbitrary<DomainEvent> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({
        id: fc.integer({ min: 0, max: 14 }).map(n => `D${n}`),
        revision: fc.option(fc.oneof(sha, fc.constant('unknown')), {
          nil: undefined,
        }),
        h: at,
        jobId: fc.constantFrom(undefined, 'a', 'b'),
        status: fc.constantFrom(
          'succeeded' as const,
          'succeeded' as const,
          'failed' as const,
          'running' as const,
        ),
        environment,
        rollback: fc.boolean(),
        labels: fc.subarray(['hotfix', 'planned'] as const).map(l => [...l]),
      })
      .map(({ id, revision, h, ...more }) => deploy(id, revision, h, more)),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('I', 'J', 'K'),
        fc.constantFrom(
          'opened' as const,
          'resolved' as const,
          'reopened' as const,
        ),
        at,
        fc.option(sha, { nil: undefined }),
      )
      .map(([id, action, h, revision]) =>
        incident(id, action, h, { revision }),
      ),
  },
  fc.tuple(fc.constantFrom('m', 'n'), fc.nat(14), at, fc.boolean()).map(
    ([id, d, h, none]): DomainEvent => ({
      type: 'attribution',
      attributionId: id,
      cause: { kind: 'incident', id: 'I' },
      blame: none ? 'none' : { id: `D${d}` },
      author: { kind: 'person', name: 'user:default/ines' },
      recordedAt: hour(h),
    }),
  ),
  fc
    .record({
      id: fc.constantFrom('o', 'p'),
      kind: fc.constantFrom('rollback' as const, 'fix' as const, undefined),
      cause: fc.nat(14),
      blame: fc.nat(14),
      h: at,
      person: fc.boolean(),
    })
    .map(
      ({ id, kind, cause, blame, h, person }): DomainEvent => ({
        type: 'attribution',
        attributionId: id,
        ...(kind && { cause: { kind, id: `D${cause}` } }),
        blame: { id: `D${blame}` },
        author: person
          ? { kind: 'person', name: 'user:default/ines' }
          : { kind: 'event', name: 'analyser' },
        recordedAt: hour(h),
      }),
    ),
  fc.tuple(fc.constantFrom('m', 'n', 'o'), at).map(
    ([id, h]): DomainEvent => ({
      type: 'attribution_withdrawn',
      attributionId: id,
      author: { kind: 'person', name: 'user:default/ines' },
      recordedAt: hour(h),
    }),
  ),
  fc
    .tuple(fc.nat(14), fc.constantFrom('I', 'J', undefined), fc.nat(14), at)
    .map(
      ([id, incidentId, blamed, h]): DomainEvent => ({
        type: 'remediation',
        deployment: { id: `D${id}` },
        incidentId,
        ...(blamed > 7 && { blames: { id: `D${blamed}` } }),
        recordedAt: hour(h),
      }),
    ),
  fc.tuple(fc.nat(3), sha, at).map(
    ([n, revision, h]): DomainEvent => ({
      type: 'release_tag',
      tag: `v${n}`,
      revision,
      releasedAt: hour(h),
    }),
  ),
  fc.tuple(fc.nat(3), sha, at).map(
    ([n, revision, h]): DomainEvent => ({
      type: 'build',
      artifact: `pkg:oci/shop@${n}`,
      revision,
      finishedAt: hour(h),
    }),
  ),
  fc.tuple(fc.integer({ min: 15, max: 17 }), fc.nat(3), at, environment).map(
    ([id, n, h, where]): DomainEvent =>
      deploy(`D${id}`, undefined, h, {
        artifact: `pkg:oci/shop@${n}`,
        environment: where,
      }),
  ),
  fc.tuple(at).map(
    ([h]): DomainEvent => ({
      type: 'failure_data',
      provides: 'incidents',
      since: hour(h),
    }),
  ),
  fc.tuple(fc.nat(4), sha, at).map(
    ([n, revision, h]): DomainEvent => ({
      type: 'pull_request',
      repository: 'acme/shop',
      number: n,
      updatedAt: hour(h),
      openedAt: hour(h - 3),
      mergedAt: hour(h),
      mergeCommit: revision,
      commits: [
        { id: `o${n}`, committedAt: hour(h - 2) },
        { id: `p${n}`, committedAt: hour(h - 1) },
      ],
    }),
  ),
);
const world = fc
  .tuple(graph, fc.array(event, { maxLength: 40, size: 'max' }))
  .map(([a, b]) => [...a, ...b]);

const derive = (
  events: DomainEvent[],
  serviceRef = 'component:default/shop',
  config?: ServiceFactsConfig,
) => deriveServiceFacts({ serviceRef, events, config });
const setups = fc.constantFrom<ServiceFactsConfig | undefined>(undefined, {
  sourcePath: 'services/shop',
});
const query = (from: number, to: number) => ({
  from: Date.parse(hour(from)),
  to: Date.parse(hour(to)),
  compareFrom: Date.parse(hour(2 * from - to)),
  compareTo: Date.parse(hour(from)),
  timeZone: 'Europe/Lisbon',
  interval: 'week' as const,
  environment: 'production',
});

describe('must hold', () => {
  it('any permutation or repetition of the same events gives the same facts', () => {
    fc.assert(
      fc.property(
        world.chain(events =>
          fc.tuple(
            fc.constant(events),
            fc.shuffledSubarray([...events, ...events], {
              minLength: events.length * 2,
            }),
            setups,
          ),
        ),
        ([events, mixed, config]) => {
          const ref = 'component:default/shop';
          expect(derive(mixed, ref, config)).toEqual(
            derive(events, ref, config),
          );
        },
      ),
      runs,
    );
  });

  it('splitting a window gives counts that add up', () => {
    fc.assert(
      fc.property(
        world,
        fc.integer({ min: 1, max: HOURS }),
        (events, split) => {
          const rows = rowsFromFacts([derive(events)], 'production');
          const [whole, first, second] = [
            [0, HOURS + 1],
            [0, split],
            [split, HOURS + 1],
          ].map(([from, to]) => computeMetrics(rows, query(from, to)).metrics);
          const sum = (count: (m: typeof whole) => number | undefined) => {
            expect((count(first) ?? 0) + (count(second) ?? 0)).toBe(
              count(whole) ?? 0,
            );
          };
          sum(m => m.deploymentFrequency.deployments);
          sum(m => m.changeLeadTime.changes);
          sum(m => m.changeFailRate.failed);
          sum(m => m.changeFailRate.deployments);
          sum(m => m.failedDeploymentRecoveryTime.recovered);
          sum(m => m.failedDeploymentRecoveryTime.unrecovered);
          sum(m => m.deploymentReworkRate.rework);
          sum(m => m.deploymentReworkRate.deployments);
        },
      ),
      runs,
    );
  });

  it('the buckets of a series add up to the window', () => {
    fc.assert(
      fc.property(world, events => {
        const rows = rowsFromFacts([derive(events)], 'production');
        const { metrics, series } = computeMetrics(rows, query(0, HOURS + 1));
        expect(
          series.reduce(
            (sum, b) => sum + (b.metrics.deploymentFrequency.deployments ?? 0),
            0,
          ),
        ).toBe(metrics.deploymentFrequency.deployments ?? 0);
      }),
      runs,
    );
  });

  it('stage times sum to lead time, and no change is delivered twice', () => {
    fc.assert(
      fc.property(world, events => {
        const facts = derive(events);
        for (const change of facts.changes) {
          const sum = change.stages.reduce<number>((s, t) => s + (t ?? 0), 0);
          expect(sum).toBeCloseTo(change.leadSeconds, 6);
        }
        const tier = new Map(facts.deployments.map(d => [d.id, d.tier]));
        const delivered = facts.changes
          .filter(c => tier.get(c.deploymentId) === 'production')
          .map(c => c.commit);
        expect(new Set(delivered).size).toBe(delivered.length);
      }),
      runs,
    );
  });

  it('no rate leaves 0–1 and no recovery is negative', () => {
    fc.assert(
      fc.property(world, events => {
        const facts = derive(events);
        const { metrics } = computeMetrics(
          rowsFromFacts([facts], 'production'),
          query(0, HOURS + 1),
        );
        for (const rate of [
          metrics.changeFailRate,
          metrics.deploymentReworkRate,
        ]) {
          const known = [
            rate.confidenceInterval?.[0],
            rate.rate,
            rate.confidenceInterval?.[1],
          ].filter(x => x !== undefined);
          expect(known).toHaveLength(rate.status === 'no_data' ? 0 : 3);
          const bounds = [0, ...known, 1];
          expect([...bounds].sort((a, b) => a - b)).toEqual(bounds);
        }
        facts.deployments.forEach(d =>
          expect(d.recoverySeconds ?? 0).toBeGreaterThanOrEqual(0),
        );
      }),
      runs,
    );
  });

  it('every cause has at most one live attribution, and only changes are blamed', () => {
    fc.assert(
      fc.property(world, events => {
        const facts = derive(events);
        const kinds = new Map(
          facts.deployments.flatMap(d =>
            d.environment ? [[d.members[0], d.kind]] : [],
          ),
        );
        const live = facts.attributions.filter(a => a.state === 'live');
        const causes = live.map(a => `${a.cause.kind} ${a.cause.id}`);
        expect(new Set(causes).size).toBe(causes.length);
        facts.attributions
          .filter(a => a.blamed)
          .forEach(a => expect(kinds.get(a.blamed!)).toBe('change'));
      }),
      runs,
    );
  });

  it('an event for one service never moves the numbers of another', () => {
    fc.assert(
      fc.property(
        graph,
        fc.array(event, { maxLength: 25 }),
        fc.array(event, { maxLength: 25 }),
        event,
        (repository, one, other, more) => {
          // Both live in one repository: its commits are the same objects to both.
          const otherRef = 'component:default/other';
          const before = derive([...repository, ...one]);
          derive([...repository, ...other], otherRef);
          const after = derive([...repository, ...other, more], otherRef);
          expect(derive([...repository, ...one])).toEqual(before);

          const figures = (...facts: ServiceFacts[]) =>
            computeMetrics(
              rowsFromFacts(facts, 'production'),
              query(0, HOURS + 1),
            ).metrics;
          const together = figures(before, after);
          const apart = [figures(before), figures(after)];
          const adds = (count: (m: typeof together) => number | undefined) =>
            expect(count(together) ?? 0).toBe(
              apart.reduce((sum, m) => sum + (count(m) ?? 0), 0),
            );
          adds(m => m.deploymentFrequency.deployments);
          adds(m => m.changeLeadTime.changes);
          adds(m => m.changeFailRate.failed);
          adds(m => m.changeFailRate.deployments);
          adds(m => m.failedDeploymentRecoveryTime.recovered);
          adds(m => m.failedDeploymentRecoveryTime.unrecovered);
          adds(m => m.deploymentReworkRate.rework);
          adds(m => m.deploymentReworkRate.deployments);
        },
      ),
      { numRuns: 60 },
    );
  });
});
