import { float64 } from '../scratch';
import { standardNormal } from './normal';
import { seededRandom } from './random';

/**
 * Medians of resamples with replacement of values that are independent of each other, without drawing the resamples.
 *
 * A resample of n of n values takes those at ⌊n·U⌋ of n uniform numbers U, so the values in its middle are at ⌊n·U₍ₘ₎⌋ of the numbers in the
 * middle of theirs. These are drawn by themselves: U₍ₘ₎ has the distribution Beta(m, n + 1 − m), and the next one is the least of the n − m
 * that are left, uniform above it. What comes out has the distribution of the medians of drawn resamples exactly, whatever n is.
 *
 * L. Devroye, "Non-Uniform Random Variate Generation" (1986), chapters V.3 and IX.4.
 *
 * @param count - how many values there are; of none there are no medians
 * @param valueAt - the value at a place in ascending order, from 0
 * @returns unsorted, the same for the same seed; scratch memory
 */
export function independentMedians(
  count: number,
  valueAt: (rank: number) => number,
  replicates: number,
  seed: number,
): Float64Array {
  if (count === 0) {
    return float64(0);
  }
  const n = count;
  const m = (n + 1) >> 1;
  const random = seededRandom(seed);
  // A number that is rounded to 1 is of the last value, too.
  const at = (share: number) => valueAt(Math.min(n - 1, Math.floor(n * share)));
  const medians = float64(replicates);
  for (let i = 0; i < replicates; i++) {
    const below = gamma(m, random);
    const lower = below / (below + gamma(n + 1 - m, random));
    if (n % 2 === 1) {
      medians[i] = at(lower);
    } else {
      const upper = 1 - (1 - lower) * (1 - random()) ** (1 / (n - m));
      medians[i] = (at(lower) + at(upper)) / 2;
    }
  }
  return medians;
}

/**
 * A number of the distribution Gamma(shape, 1). G. Marsaglia & W. W. Tsang, "A simple method for generating gamma variables", ACM
 * Transactions on Mathematical Software 26 (2000).
 *
 * @param shape - at least 1
 */
function gamma(shape: number, random: () => number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = standardNormal(random);
    const v = (1 + c * x) ** 3;
    if (
      v > 0 &&
      Math.log(1 - random()) < (x * x) / 2 + d - d * v + d * Math.log(v)
    ) {
      return d * v;
    }
  }
}
