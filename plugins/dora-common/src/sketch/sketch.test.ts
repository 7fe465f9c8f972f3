import fc from 'fast-check';
import { columnsOfRows } from '../columns';
import { summariseColumns } from '../metrics/summariseColumns';
import { Summary } from '../metrics/summary';
import { ChangeRow, DeploymentRow } from '../rows';
import {
  BUCKETS,
  bucketOf,
  bucketStart,
  bucketValue,
  ONE_SECOND_BUCKET,
} from './buckets';
import { ByteReader } from './bytes';
import { DAYS, Grid, HALF_HOURS, slotStart, termsUntil, WEEKS } from './grid';
import { changesByQuarter, RollupRow, RollupSketch } from './RollupSketch';

const DAY = 86_400_000;

describe('buckets', () => {
  it('stand for their values within 1 %', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 3e9, noNaN: true }), seconds => {
        const bucket = bucketOf(seconds);
        expect(Math.abs(bucketValue(bucket) - seconds)).toBeLessThan(
          0.01 * seconds,
        );
        expect(bucketStart(bucket)).toBeLessThanOrEqual(seconds * (1 + 1e-12));
      }),
    );
    expect(bucketValue(bucketOf(0))).toBe(0);
    expect(bucketOf(1)).toBe(ONE_SECOND_BUCKET);
    expect(bucketOf(1e300)).toBe(BUCKETS - 1);
  });
});

interface Fact {
  deployment: DeploymentRow;
  changes: ChangeRow[];
}

const seconds = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 999 }).map(ms => ms / 1_000),
  fc.integer({ min: 1, max: 90 * 86_400 }),
);
const fact: fc.Arbitrary<Fact> = fc
  .record({
    at: fc.integer({ min: 0, max: 40 * DAY }),
    kind: fc.constantFrom('change', 'change', 'redeploy', 'rollback'),
    failureData: fc.boolean(),
    failed: fc.boolean(),
    rework: fc.boolean(),
    origin: fc.constantFrom('event', 'event', 'release_tag'),
    first: fc.boolean(),
    unknownHistory: fc.boolean(),
    sample: fc.boolean(),
    recoverySeconds: fc.option(seconds, { nil: undefined }),
    changes: fc.array(
      fc.record({
        lead: seconds,
        stages: fc.array(fc.option(seconds, { nil: undefined }), {
          minLength: 5,
          maxLength: 5,
        }),
        excluded: fc.constantFrom(
          undefined,
          undefined,
          undefined,
          'bot',
          'first_deployment',
          'negative_total_time',
        ),
      }),
      { maxLength: 8 },
    ),
  })
  .map(({ at, changes, ...row }) => {
    const finishedAt = 1_700_000_000_000 + at;
    const id = String(at);
    return {
      deployment: { ...row, id, finishedAt } as DeploymentRow,
      changes: changes.map(
        change =>
          ({
            deploymentId: id,
            finishedAt,
            leadSeconds: change.lead,
            stages: change.stages,
            excluded: change.excluded,
          } as ChangeRow),
      ),
    };
  });
const facts = fc.uniqueArray(fact, {
  selector: f => f.deployment.id,
  maxLength: 60,
});

function rollupRow({ deployment, changes }: Fact): RollupRow {
  const counted = changes.filter(c => c.excluded === undefined);
  const left = (reason: ChangeRow['excluded']) =>
    changes.filter(c => c.excluded === reason).length;
  return {
    ...deployment,
    releaseTag: deployment.origin === 'release_tag',
    leadSeconds: counted.map(c => c.leadSeconds).sort((a, b) => a - b),
    stageSeconds: [0, 1, 2, 3, 4].map(stage =>
      counted.flatMap(c => c.stages[stage] ?? []),
    ),
    excludedChanges: [
      left('first_deployment'),
      left('negative_total_time'),
      left('bot'),
    ],
  };
}

const exactly = (rows: Fact[]) =>
  summariseColumns(
    columnsOfRows(
      rows.map(f => f.deployment),
      rows.flatMap(f => f.changes),
    ),
    { first: 0, last: rows.length },
    { stages: true },
  );

function sketchOf(rows: Fact[], cell?: Grid): RollupSketch {
  const sketch = new RollupSketch(cell);
  rows.forEach(row => sketch.addRow(rollupRow(row), 1));
  return sketch;
}

/** What must be equal whether a sketch or rows are summarised. */
function countsOf(summary: Summary) {
  return {
    deployments: summary.deployments,
    covered: summary.covered,
    failed: summary.failed,
    recovered: summary.recovery.count,
    reworkBase: summary.reworkBase,
    rework: summary.rework,
    changes: summary.lead.count,
    groups: summary.lead.groups,
    stages: summary.stages!.map(({ count, sum }) => [
      count,
      Math.round(sum * 1_000),
    ]),
    leadSum: Math.round(summary.leadSum * 1_000),
    sample: summary.sample,
    excluded: [...summary.excluded].sort((a, b) =>
      a.reason < b.reason ? -1 : 1,
    ),
  };
}

describe('RollupSketch', () => {
  it('counts as the rows do, and tells percentiles within 1 %', () => {
    fc.assert(
      fc.property(facts, rows => {
        const exact = exactly(rows);
        const sketch = sketchOf(rows).summary({ stages: true });
        expect(countsOf(sketch)).toEqual(countsOf(exact));
        for (const p of [0.5, 0.75, 0.9]) {
          const pairs = [
            [sketch.lead, exact.lead],
            [sketch.recovery, exact.recovery],
            ...sketch.stages!.map((s, i) => [s, exact.stages![i]] as const),
          ] as const;
          for (const [got, expected] of pairs) {
            const value = expected.percentile(p) ?? 0;
            const close = got.percentile(p) ?? 0;
            expect(got.count).toBe(expected.count);
            expect(Math.abs(close - value)).toBeLessThanOrEqual(0.01 * value);
          }
        }
      }),
    );
  });

  it('loses nothing when stored, split, joined and taken away again', () => {
    fc.assert(
      fc.property(facts, fc.nat(60), (rows, split) => {
        const one = rows.slice(0, split);
        const two = rows.slice(split);
        const sum = new RollupSketch();
        sum.addEncoded(sketchOf(one, DAYS).encode(), 1);
        sum.addEncoded(sketchOf(two, WEEKS).encode(), 1);
        expect(countsOf(sum.summary({ stages: true }))).toEqual(
          countsOf(exactly([...one, ...two])),
        );
        two.forEach(row => sum.addRow(rollupRow(row), -1));
        expect(sum.encode()).toEqual(sketchOf(one).encode());
        sum.addEncoded(sketchOf(one).encode(), -1);
        expect(sum.empty).toBe(true);
      }),
    );
  });

  it('knows in which quarter-hours of its cell changes were deployed', () => {
    const grid = WEEKS;
    const rows = fc.sample(fact, { numRuns: 50, seed: 4 });
    const counts = new Map<number, number>();
    changesByQuarter(sketchOf(rows, grid).encode().counts, (quarter, n) =>
      counts.set(quarter, n),
    );
    const expected = new Map<number, number>();
    for (const { deployment } of rows) {
      if (deployment.kind === 'change') {
        const quarter =
          Math.floor((deployment.finishedAt - grid.phase) / 900_000) % 672;
        expected.set(quarter, (expected.get(quarter) ?? 0) + 1);
      }
    }
    expect(counts).toEqual(new Map([...expected].sort(([a], [b]) => a - b)));
  });

  it('reads back numbers of every size', () => {
    const sketch = new RollupSketch();
    const row = rollupRow(fc.sample(fact, { numRuns: 1, seed: 1 })[0]);
    for (const n of [1, 63, 64, 8_191, 8_192, 2 ** 31, 2 ** 40]) {
      sketch.addRow({ ...row, excludedChanges: [n, -n, 0] }, 1);
    }
    const { counts } = sketch.encode();
    const again = new RollupSketch();
    again.addEncoded(sketch.encode(), 1);
    expect(again.encode().counts).toEqual(counts);
    expect(new ByteReader(counts).done).toBe(false);
  });

  it('resamples deployments: its intervals are those of the bootstrap', () => {
    const rows = fc
      .sample(fact, { numRuns: 900, seed: 7 })
      .map((f, i): Fact => {
        // Commits of one deployment resemble each other, as they do.
        const base = 600 * 1.006 ** i;
        return {
          deployment: { ...f.deployment, id: String(i) },
          changes: Array.from({ length: 1 + (i % 7) }, (_, j) => ({
            deploymentId: String(i),
            finishedAt: f.deployment.finishedAt,
            leadSeconds: base * (1 + j / 50),
            stages: [],
          })),
        };
      });
    const exact = exactly(rows).lead;
    const sketch = sketchOf(rows.map(row => ({ ...row }))).summary({
      stages: false,
    }).lead;
    const [low, high] = exact.medianInterval()!;
    const [sketchLow, sketchHigh] = sketch.medianInterval()!;
    expect(sketchLow / low).toBeGreaterThan(0.96);
    expect(sketchLow / low).toBeLessThan(1.04);
    expect(sketchHigh / high).toBeGreaterThan(0.96);
    expect(sketchHigh / high).toBeLessThan(1.04);
    // Far from what it would be if commits were independent of each other.
    expect(Math.log(sketchHigh / sketchLow)).toBeGreaterThan(0.2);
    const spread = (medians: Float64Array) => {
      const logs = [...medians].map(Math.log);
      const mean = logs.reduce((a, b) => a + b) / logs.length;
      return Math.sqrt(
        logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / logs.length,
      );
    };
    expect(
      spread(sketch.resampledMedians(1_000, 1)) /
        spread(exact.resampledMedians(1_000, 1)),
    ).toBeCloseTo(1, 0);
  });
});

describe('termsUntil', () => {
  it.each([[[DAYS, HALF_HOURS]], [[WEEKS]], [[DAYS]]])(
    'adds up to the time since the cell began (%#)',
    grids => {
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: 4e12 }),
          fc.constantFrom(1, 60_000, 900_000, 1_800_000, DAY),
          (moment, step) => {
            const at = Math.floor(moment / step) * step;
            const start = at - ((at - grids[0].phase) % grids[0].unit);
            let length = 0;
            let centre = 0;
            let raw = 0;
            for (const term of termsUntil(at, grids)) {
              const from =
                'grid' in term ? slotStart(term.grid, term.slot) : term.from;
              const to = 'grid' in term ? from + term.grid.unit : term.to;
              length += term.sign * (to - from);
              // A second moment, so that cells elsewhere could not make up for missing ones.
              centre += term.sign * (to - from) * ((to + from) / 2 - start);
              raw += 'grid' in term ? 0 : to - from;
            }
            expect(length).toBe(at - start);
            expect(
              Math.abs(centre / (((at - start) * (at - start)) / 2 || 1) - 1),
            ).toBeLessThan(at === start ? 2 : 1e-9);
            expect(raw).toBeLessThanOrEqual(grids[grids.length - 1].unit / 2);
          },
        ),
      );
    },
  );
});
