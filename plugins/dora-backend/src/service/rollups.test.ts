import {
  ChangeFact,
  DeploymentFact,
  deriveServiceFacts,
} from '@pavedroad/plugin-dora-common';
import fc from 'fast-check';
import { bucketSeconds, leadBucket, rollUp } from './rollups';

describe('lead time buckets', () => {
  it('stand for their values within 1 %', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e9, noNaN: true }), seconds => {
        const middle = bucketSeconds(leadBucket(seconds));
        expect(Math.abs(middle - seconds) / seconds).toBeLessThanOrEqual(
          0.0101,
        );
      }),
    );
    expect(bucketSeconds(leadBucket(0))).toBe(0);
  });
});

describe('rollUp', () => {
  const facts = deriveServiceFacts({
    serviceRef: 'component:default/checkout',
    events: [
      {
        type: 'failure_data',
        provides: 'incidents',
        since: '2026-05-01T00:00:00Z',
      },
      ...['a', 'b', 'c', 'a'].map((revision, index) => ({
        type: 'deployment' as const,
        deploymentId: `d${index}`,
        status: 'succeeded' as const,
        at: `2026-05-0${1 + Math.floor(index / 2)}T1${index}:00:00Z`,
        environment: 'production',
        revision: revision.repeat(40),
        rollback: index === 3,
      })),
    ],
    commits: ['a', 'b', 'c'].map((id, index) => ({
      id: id.repeat(40),
      parents: index ? ['abc'[index - 1].repeat(40)] : [],
      committedAt: `2026-05-01T0${index}:00:00Z`,
    })),
  });

  it('counts by day in UTC and by tier and environment', () => {
    const days = rollUp(facts);
    expect(
      days
        .filter(({ isTier }) => isTier)
        .map(({ day, label, deployments, changes, covered, rework }) => ({
          date: new Date(day * 86_400_000).toISOString().slice(0, 10),
          label,
          deployments,
          changes,
          covered,
          rework,
        })),
    ).toEqual([
      {
        date: '2026-05-01',
        label: 'production',
        deployments: 2,
        changes: 1,
        covered: 2,
        rework: 0,
      },
      {
        date: '2026-05-02',
        label: 'production',
        deployments: 1,
        changes: 1,
        covered: 1,
        rework: 1,
      },
    ]);
    expect(days.filter(({ isTier }) => !isTier)).toHaveLength(2);
  });

  it('adds up to the facts', () => {
    const tier = rollUp(facts).filter(({ isTier }) => isTier);
    const total = (pick: (day: (typeof tier)[number]) => number) =>
      tier.reduce((sum, day) => sum + pick(day), 0);
    const kinds = (kind: DeploymentFact['kind']) =>
      facts.deployments.filter(fact => fact.tier && fact.kind === kind).length;
    expect(total(day => day.deployments)).toBe(kinds('change'));
    expect(total(day => day.reworkBase)).toBe(
      kinds('change') + kinds('rollback'),
    );
    const counted = facts.changes.filter(
      (change: ChangeFact) => change.excluded === undefined,
    );
    expect(total(day => day.changes)).toBe(counted.length);
    expect(
      total(day =>
        day.leadHistogram.reduce(
          (sum, value, index) => sum + (index % 2 ? value : 0),
          0,
        ),
      ),
    ).toBe(counted.length);
  });
});
