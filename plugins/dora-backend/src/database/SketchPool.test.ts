import { RollupRow } from '@pavedroad/plugin-dora-common';
import { SketchPool } from './SketchPool';

const ROW: RollupRow = {
  finishedAt: Date.UTC(2026, 0, 5),
  kind: 'change',
  failed: true,
  rework: false,
  failureData: true,
  first: false,
  unknownHistory: false,
  releaseTag: false,
  sample: true,
  recoverySeconds: 600,
  leadSeconds: [60, 3_600, 90_000],
  stageSeconds: [[30, 60], [], [600], [], [1]],
  excludedChanges: [0, 1, 2],
};

describe.each([true, false])('with stages: %s', stages => {
  it('hands out a sketch again that was given back, and nothing is left in it', () => {
    const pool = new SketchPool();
    const first = pool.take(stages);
    first.addRow(ROW, 1);
    pool.giveBack([first]);

    const again = pool.take(stages);
    expect(again).toBe(first);
    expect(again.encode()).toEqual(new SketchPool().take(stages).encode());
    expect(again.empty).toBe(true);
  });

  it('never hands out one that somebody has', () => {
    const pool = new SketchPool();
    const taken = [pool.take(stages), pool.take(stages)];
    pool.giveBack([taken[0]]);
    taken.push(pool.take(stages), pool.take(stages));
    expect(new Set(taken).size).toBe(3);
    expect(taken[2]).toBe(taken[0]);
  });

  it('does not hand out one of the other sort', () => {
    const pool = new SketchPool();
    pool.giveBack([pool.take(!stages)]);
    expect(pool.take(stages).hasStages).toBe(stages);
  });
});

it('keeps as many as services are summed up at once, and no more', () => {
  const pool = new SketchPool();
  const many = Array.from({ length: 300 }, () => pool.take(false));
  pool.giveBack(many);
  const again = Array.from({ length: 300 }, () => pool.take(false));
  expect(again.filter(sketch => many.includes(sketch))).toHaveLength(256);
});
