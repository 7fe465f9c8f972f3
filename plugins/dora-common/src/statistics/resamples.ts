import { uint16 } from '../scratch';

/** How much is remembered, all together. */
const REMEMBERED_BYTES = 8_000_000;
/** The weeks of a year have some tens of groups each; more are drawn for every sample anew, for they hardly come again. */
const MOST_REMEMBERED_GROUPS = 100;

const known = new Map<string, Uint16Array>();
let knownBytes = 0;

/** How often each of some groups is drawn in a resample of as many groups with replacement. */
export interface Resample {
  weights: Uint16Array;
  /** Where the weights of the groups begin. */
  start: number;
}

/**
 * Draws one resample. The numbers are those of `seededRandom`, and the group is ⌊number · groups⌋, both written out in 32-bit
 * arithmetic: hundreds of thousands are drawn for an answer.
 *
 * @param weights - to add to
 * @param state - of the generator: the seed at first
 * @returns the state for the next one
 */
function draw(
  weights: Uint16Array,
  start: number,
  groups: number,
  state: number,
): number {
  let next = state | 0;
  for (let i = 0; i < groups; i++) {
    next = (next + 0x6d2b79f5) | 0;
    let t = Math.imul(next ^ (next >>> 15), 1 | next);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    t ^= t >>> 14;
    // The upper 32 of the 48 bits of t · groups; groups are fewer than 2¹⁶, so neither part overflows.
    const group =
      ((t >>> 16) * groups + (((t & 0xffff) * groups) >>> 16)) >>> 16;
    weights[start + group]++;
  }
  return next;
}

/** Of all resamples, one after the other. */
function rememberedWeights(
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
  const weights = new Uint16Array(groups * replicates);
  let state = seed;
  for (let start = 0; start < weights.length; start += groups) {
    state = draw(weights, start, groups, state);
  }
  known.set(name, weights);
  knownBytes += weights.byteLength;
  for (const [oldest, { byteLength }] of known) {
    if (knownBytes <= REMEMBERED_BYTES) {
      break;
    }
    known.delete(oldest);
    knownBytes -= byteLength;
  }
  return weights;
}

/**
 * Resamples one after the other, the same for the same seed, and so for every sample with as many groups: those of few groups that
 * were used last are remembered.
 *
 * @param take - called for each; what it is given is another one's afterwards
 */
export function eachResample(
  groups: number,
  replicates: number,
  seed: number,
  take: (resample: Resample, index: number) => void,
): void {
  if (groups <= MOST_REMEMBERED_GROUPS) {
    const weights = rememberedWeights(groups, replicates, seed);
    const resample = { weights, start: 0 };
    for (let index = 0; index < replicates; index++) {
      resample.start = index * groups;
      take(resample, index);
    }
    return;
  }
  const weights = uint16(groups);
  const resample = { weights, start: 0 };
  let state = seed;
  for (let index = 0; index < replicates; index++) {
    weights.fill(0);
    state = draw(weights, 0, groups, state);
    take(resample, index);
  }
}
