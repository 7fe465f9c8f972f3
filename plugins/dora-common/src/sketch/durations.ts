import {
  Distribution,
  GroupedDurations,
  IndependentDurations,
} from '../metrics/summary';
import { float64 } from '../scratch';
import {
  independentMedians,
  limitOfBootstrap,
  orderStatisticRanks,
} from '../statistics';
import { bucketValue, SKETCH_ERROR } from './buckets';

/** The ranks of buckets: which value has which place in the order. */
class Ranks {
  /** How many values are in this bucket or one before. */
  private readonly upTo: Float64Array;
  readonly count: number;

  constructor(counts: Float64Array) {
    this.upTo = float64(counts.length);
    let sum = 0;
    for (let i = 0; i < counts.length; i++) {
      sum += counts[i];
      this.upTo[i] = sum;
    }
    this.count = sum;
  }

  /** The value at a place in the order, from 0. */
  at(rank: number): number {
    let low = 0;
    let high = this.upTo.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.upTo[middle] > rank) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return bucketValue(low);
  }

  percentile(p: number): number | undefined {
    if (this.count === 0) {
      return undefined;
    }
    const position = (this.count - 1) * p;
    const below = Math.floor(position);
    const first = this.at(below);
    const second = this.at(Math.min(below + 1, this.count - 1));
    return first + (second - first) * (position - below);
  }
}

export function distributionOfBuckets(counts: Float64Array): Distribution {
  const ranks = new Ranks(counts);
  return { count: ranks.count, percentile: p => ranks.percentile(p) };
}

/** Durations of which each is independent of the others, from their counts per bucket. */
export function independentOfBuckets(
  counts: Float64Array,
): IndependentDurations {
  const ranks = new Ranks(counts);
  const { count } = ranks;
  return {
    count,
    percentile: p => ranks.percentile(p),
    maxRelativeError: SKETCH_ERROR,
    medianInterval: () => intervalOfRanks(ranks),
    resampledMedians: (replicates, seed) =>
      independentMedians(count, rank => ranks.at(rank), replicates, seed),
  };
}

/**
 * Durations in groups, from their counts per bucket and what the spread of each group adds to each bucket (`RollupSketch` says
 * what).
 *
 * @param size - how many groups there are, and the sum of the squares of their sizes
 */
export function groupedOfBuckets(
  counts: Float64Array,
  spread: Float64Array,
  size: { groups: number; squares: number },
): GroupedDurations {
  const ranks = new Ranks(counts);
  const { count } = ranks;
  const limit = () =>
    limitOfBootstrap(steps(counts, spread), { count, ...size });
  return {
    count,
    groups: size.groups,
    percentile: p => ranks.percentile(p),
    maxRelativeError: SKETCH_ERROR,
    medianInterval: () => {
      if (count === 0 || size.groups === count) {
        return intervalOfRanks(ranks);
      }
      return size.groups === 1
        ? [ranks.at(0), ranks.at(count - 1)]
        : limit().interval();
    },
    resampledMedians: (replicates, seed) => limit().draw(replicates, seed),
  };
}

function intervalOfRanks(ranks: Ranks): [number, number] | undefined {
  const found = orderStatisticRanks(ranks.count);
  return found && [ranks.at(found[0]), ranks.at(found[1])];
}

/** The filled buckets in ascending order. */
function* steps(counts: Float64Array, spread: Float64Array) {
  for (let bucket = 0; bucket < counts.length; bucket++) {
    if (counts[bucket] !== 0) {
      yield {
        value: bucketValue(bucket),
        count: counts[bucket],
        spread: spread[bucket],
      };
    }
  }
}
