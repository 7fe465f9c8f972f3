import { RollupSketch } from '@pavedroad/plugin-dora-common';

/** Sketches that are kept for the next answers: as many as services are summed up at once, some nine megabytes. */
const KEPT = 256;

/**
 * Sketches that serve one answer after the other. Their histograms lie outside the heap, where one and a half megabytes an answer make
 * V8 collect everything every forty answers, see `withScratch`; unlike what that is for, they are filled while rows are still read.
 */
export class SketchPool {
  private readonly free = {
    withStages: [] as RollupSketch[],
    withoutStages: [] as RollupSketch[],
  };

  /** An empty sketch of no cell; one that is not given back is collected like anything else. */
  take(stages: boolean): RollupSketch {
    return this.list(stages).pop() ?? new RollupSketch(undefined, stages);
  }

  /** @param sketches - taken here; whoever still has one reads the next answer's numbers in it */
  giveBack(sketches: Iterable<RollupSketch>): void {
    for (const sketch of sketches) {
      const list = this.list(sketch.hasStages);
      if (list.length < KEPT) {
        sketch.clear();
        list.push(sketch);
      }
    }
  }

  private list(stages: boolean): RollupSketch[] {
    return stages ? this.free.withStages : this.free.withoutStages;
  }
}
