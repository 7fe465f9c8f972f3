import { float64, int32 } from '../scratch';
import { binomialCdf } from './binomial';
import { limitOfBootstrap, MedianDistribution } from './limit';
import { percentilesOf } from './percentile';
import { eachResample, Resample } from './resamples';

/** A value and the group (deployment) it belongs to, numbered from 0. */
export interface ClusteredSample {
  /** Ascending. */
  values: Float64Array;
  /** Group of each value, same positions. */
  groups: Int32Array;
  groupCount: number;
}

/**
 * Distribution-free 95 % interval of a median from order statistics: the closest symmetric pair of ranks whose
 * binomial coverage reaches 95 %. W. R. Thompson (1936); H. A. David, Order Statistics, 2.4.
 * Below six values no pair reaches it: the whole range is returned.
 */
export function orderStatisticInterval(
  sorted: ArrayLike<number>,
): [number, number] | undefined {
  const ranks = orderStatisticRanks(sorted.length);
  return ranks && [sorted[ranks[0]], sorted[ranks[1]]];
}

/** Places in the order, from 0, of the ends of {@link orderStatisticInterval} among n values. */
export function orderStatisticRanks(n: number): [number, number] | undefined {
  if (n === 0) {
    return undefined;
  }
  // Largest k with P(X < k) ≤ 2.5 %, X binomial(n, 1/2): ranks k and n + 1 − k.
  let low = 0;
  let high = n >> 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (binomialCdf(middle - 1, n, 0.5) <= 0.025) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  const k = Math.max(1, low);
  return [k - 1, n - k];
}

const SEED = 0x5eed;
/** From this many groups on, medians of resamples follow the limit of their distribution so closely that it takes their place. */
export const LIMIT_GROUPS = 500;

const drawn = new WeakMap<
  ClusteredSample,
  { seed: number; medians: Float64Array }
>();

/**
 * Medians of resamples of whole groups with replacement; unsorted, and not to be changed: those asked for last are remembered with
 * the sample, for its interval and its comparison take the same.
 *
 * The medians of resamples lie close to that of the sample. So only the values from a little below it on are
 * walked: how many each group has before them is counted once. A resample whose median lies before them is walked wholly. From 500 groups on they
 * are drawn from the distribution that such medians follow, see `limitOfBootstrap`.
 */
export function bootstrapMedians(
  sample: ClusteredSample,
  replicates: number,
  seed = SEED,
): Float64Array {
  if (sample.groupCount >= LIMIT_GROUPS) {
    return limitOfSample(sample).draw(replicates, seed);
  }
  const before = drawn.get(sample);
  if (before?.seed === seed && before.medians.length === replicates) {
    return before.medians;
  }
  const medians = drawMedians(sample, replicates, seed);
  drawn.set(sample, { seed, medians });
  return medians;
}

/** More than the values of a resample: those of one deployment are tens of thousands at most, of fewer than {@link LIMIT_GROUPS}. */
const BELOW = 2 ** 26;

/** A resample in so many is walked wholly: two standard deviations to one side leave out one in fifty. */
const ROOM = 1;

function drawMedians(
  sample: ClusteredSample,
  replicates: number,
  seed: number,
): Float64Array {
  const { values, groups, groupCount } = sample;
  const sizes = int32(groupCount);
  for (let i = 0; i < groups.length; i++) {
    sizes[groups[i]]++;
  }
  // Half of this root is the standard deviation of how many values of a resample are below the median of all.
  let squares = 0;
  for (let g = 0; g < groupCount; g++) {
    squares += sizes[g] * sizes[g];
  }
  const half = 1 + Math.ceil(ROOM * Math.sqrt(squares));
  const from = Math.max(0, (values.length >> 1) - half);
  // How many a group has, and how many of them below, in one number, so that both are added up at once.
  const counts = float64(groupCount);
  for (let g = 0; g < groupCount; g++) {
    counts[g] = sizes[g] * BELOW;
  }
  for (let i = 0; i < from; i++) {
    counts[groups[i]]++;
  }
  // Not of scratch memory: they are remembered, and the sample may be there longer than that.
  const medians = new Float64Array(replicates);
  eachResample(groupCount, replicates, seed, (resample, index) => {
    const { weights, start } = resample;
    let sum = 0;
    for (let g = 0; g < groupCount; g++) {
      sum += weights[start + g] * counts[g];
    }
    const total = Math.floor(sum / BELOW);
    const before = sum - total * BELOW;
    medians[index] =
      before < (total + 1) >> 1
        ? middleOf(sample, resample, total, { from, before })
        : middleOf(sample, resample, total, { from: 0, before: 0 });
  });
  return medians;
}

/**
 * Median of a resample.
 *
 * @param total - how many values it has
 * @param walk - where to begin, and how many of its values are before that: less than half
 */
function middleOf(
  { values, groups }: ClusteredSample,
  { weights, start }: Resample,
  total: number,
  walk: { from: number; before: number },
): number {
  // The two middle ranks, counted from 1; the same one when the total is odd.
  const lower = (total + 1) >> 1;
  const upper = (total >> 1) + 1;
  let seen = walk.before;
  let i = walk.from;
  for (; seen < lower; i++) {
    seen += weights[start + groups[i]];
  }
  const first = values[i - 1];
  for (; seen < upper; i++) {
    seen += weights[start + groups[i]];
  }
  return (first + values[i - 1]) / 2;
}

function everyGroupHasOneValue(sample: ClusteredSample): boolean {
  return sample.groupCount === sample.values.length;
}

/**
 * 95 % interval of a median whose values come in groups: the percentile interval of a bootstrap over groups
 * (B. Efron 1979; C. A. Field & A. H. Welsh 2007 for clusters). With one value per group, the order-statistic
 * interval. With a single group there is nothing to resample: the range of its values.
 */
export function medianInterval(
  sample: ClusteredSample,
  replicates = 1_000,
): [number, number] | undefined {
  const { values, groupCount } = sample;
  if (values.length === 0) {
    return undefined;
  }
  if (everyGroupHasOneValue(sample)) {
    return orderStatisticInterval(values);
  }
  if (groupCount === 1) {
    return [values[0], values[values.length - 1]];
  }
  if (groupCount >= LIMIT_GROUPS) {
    return limitOfSample(sample).interval();
  }
  const medians = float64(replicates);
  medians.set(bootstrapMedians(sample, replicates));
  return percentilesOf(medians, 0.025, 0.975);
}

/**
 * 95 % interval of the difference of two medians (first − second) from the medians of resamples of each, drawn independently.
 *
 * @param second - as many as of the first
 */
export function medianDifferenceInterval(
  first: Float64Array,
  second: Float64Array,
): [number, number] {
  const differences = float64(first.length);
  for (let i = 0; i < first.length; i++) {
    differences[i] = first[i] - second[i];
  }
  return percentilesOf(differences, 0.025, 0.975);
}

const limits = new WeakMap<ClusteredSample, MedianDistribution>();

/** The distribution that {@link bootstrapMedians} tends to with many groups; remembered with the sample. */
export function limitOfSample(sample: ClusteredSample): MedianDistribution {
  const limit = limits.get(sample) ?? computeLimit(sample);
  limits.set(sample, limit);
  return limit;
}

function computeLimit({
  values,
  groups,
  groupCount,
}: ClusteredSample): MedianDistribution {
  const sizes = int32(groupCount);
  for (let i = 0; i < groups.length; i++) {
    sizes[groups[i]]++;
  }
  const below = int32(groupCount);
  let squares = 0;
  for (let g = 0; g < groupCount; g++) {
    squares += sizes[g] * sizes[g];
  }
  function* steps() {
    // One object for all: they are thousands.
    const step = { value: 0, count: 1, spread: 0 };
    for (let i = 0; i < values.length; i++) {
      const group = groups[i];
      step.value = values[i];
      step.spread = 2 * below[group]++ + 1 - sizes[group];
      yield step;
    }
  }
  return limitOfBootstrap(steps(), {
    count: values.length,
    groups: groupCount,
    squares,
  });
}
