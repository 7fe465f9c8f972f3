import { float64 } from '../scratch';
import { standardNormal } from './normal';
import { Z95 } from './proportion';
import { seededRandom } from './random';

/** Values in ascending order, equal ones together or not. */
export interface LimitStep {
  value: number;
  count: number;
  /** Sum over these values of 2j + 1 − n: the value is the j-th, from 0, of the n of its group. */
  spread: number;
}

/** The distribution of medians of resamples. */
export interface MedianDistribution {
  /** Its middle 95 %. */
  interval(): [number, number];
  /** Medians as resampling would give them; unsorted, the same for the same seed. */
  draw(replicates: number, seed: number): Float64Array;
}

/**
 * The distribution that medians of resamples of whole groups tend to when the groups are many, without drawing the resamples.
 *
 * A resample takes group i some w_i times, and its median is at most m just when Σ w_i (b_i − n_i/2) ≥ 0, b_i being how many of the
 * n_i values of the group are at most m. The w_i are multinomial, so with many groups that sum is normal with mean
 * S = Σ (b_i − n_i/2) and variance V = Σ (b_i − n_i/2)² − S²/G, and the share of resamples with a median of at most m is Φ(S/√V). The
 * sum of squares is known for every m from three sums over values, because
 * Σ (b_i − n_i/2)² = Σ (b_i² − b_i·n_i) + Σ n_i²/4, and the first of these grows by 2j + 1 − n at the j-th value of a group.
 *
 * B. Efron, "Bootstrap methods: another look at the jackknife", Annals of Statistics 7 (1979), for the bootstrap of a median as a
 * sum over resampling weights; R. S. Woodruff, "Confidence intervals for medians and other position measures", JASA 47 (1952), for
 * the inversion with the variance between groups.
 *
 * @param steps - each is read before the next one is asked for, so they may be one and the same object
 */
export function limitOfBootstrap(
  steps: Iterable<LimitStep>,
  size: { count: number; groups: number; squares: number },
): MedianDistribution {
  const { count, groups, squares } = size;
  const values: number[] = [];
  const scores: number[] = [];
  let seen = 0;
  let spread = 0;
  let highest = -Infinity;
  for (const step of steps) {
    seen += step.count;
    spread += step.spread;
    const excess = seen - count / 2;
    const variance = spread + squares / 4 - (excess * excess) / groups;
    const score =
      variance > 0
        ? excess / Math.sqrt(variance)
        : excess * Infinity || Infinity;
    // A share never falls as m grows.
    highest = Math.max(highest, score);
    values.push(step.value);
    scores.push(highest);
  }
  /** The smallest value with that share, given as a point of the standard normal distribution. */
  const valueAt = (score: number) => {
    let low = 0;
    let high = scores.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (scores[middle] >= score) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return values[low];
  };
  return {
    interval: () => [valueAt(-Z95), valueAt(Z95)],
    draw: (replicates, seed) => {
      const random = seededRandom(seed);
      const medians = float64(replicates);
      for (let i = 0; i < replicates; i++) {
        medians[i] = valueAt(standardNormal(random));
      }
      return medians;
    },
  };
}
