/** A seeded source of randomness: the same seed gives the same sequence everywhere. */
export interface SeededRandom {
  /** A whole number from 0 up to and without `below`. */
  below(below: number): number;
  /** One of the values. */
  pick<T>(values: readonly T[]): T;
  /** True with the given probability. */
  chance(probability: number): boolean;
}

/** The generator is "mulberry32": small, fast and good enough to choose mutations. */
export function seededRandom(seed: number): SeededRandom {
  let state = Math.trunc(seed) % 2 ** 32;
  const next = () => {
    state = (state + 0x6d2b79f5) % 2 ** 32;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    pick: values => values[below(values.length)],
    chance: probability => next() < probability,
  };
}
