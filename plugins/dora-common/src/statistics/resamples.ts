import { seededRandom } from './random';

/** How much is remembered, all together. */
const REMEMBERED_BYTES = 8_000_000;
/** The weeks of a year have some tens of groups each; more than a few hundred are drawn once and not again. */
const MOST_REMEMBERED_GROUPS = 500;

const known = new Map<string, Uint16Array>();
let knownBytes = 0;

/**
 * How often each of some groups is drawn in each resample of as many groups with replacement; resample by resample. The same for the
 * same seed, and so for every sample with as many groups: what was used last is remembered.
 */
export function resampleWeights(
  groups: number,
  replicates: number,
  seed: number,
): Uint16Array {
  const name = `${groups} ${replicates} ${seed}`;
  const before = known.get(name);
  if (before) {
    known.delete(name);
    known.set(name, before);
    return before;
  }
  const weights = draw(groups, replicates, seed);
  if (groups <= MOST_REMEMBERED_GROUPS) {
    known.set(name, weights);
    knownBytes += weights.byteLength;
    for (const [oldest, { byteLength }] of known) {
      if (knownBytes <= REMEMBERED_BYTES) {
        break;
      }
      known.delete(oldest);
      knownBytes -= byteLength;
    }
  }
  return weights;
}

function draw(groups: number, replicates: number, seed: number): Uint16Array {
  const random = seededRandom(seed);
  const weights = new Uint16Array(groups * replicates);
  for (let start = 0; start < weights.length; start += groups) {
    for (let i = 0; i < groups; i++) {
      weights[start + Math.floor(random() * groups)]++;
    }
  }
  return weights;
}
