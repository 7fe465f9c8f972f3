/**
 * A small seeded random generator (mulberry32): the same seed gives the same history on every machine.
 *
 * @param {string} seed
 */
export function createRandom(seed) {
  // FNV-1a spreads seeds that differ in one character over the whole state.
  let state = 0x811c9dc5;
  for (const character of seed) {
    state = Math.imul(state ^ character.codePointAt(0), 0x01000193) >>> 0;
  }

  /** Uniform in [0, 1). */
  function next() {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  return {
    next,
    /** True with probability p. */
    chance: p => next() < p,
    /** Uniform whole number in [from, to]. */
    integer: (from, to) => from + Math.floor(next() * (to - from + 1)),
    /** One of the items. */
    pick: items => items[Math.floor(next() * items.length)],
    /** Waiting time with the given mean. */
    exponential: mean => -Math.log(1 - next()) * mean,
    /**
     * Duration with the given median; spread 0.5 keeps two thirds within a factor of 1.6, spread 1 within 2.7. Work takes
     * times like these: often a little, sometimes a lot.
     */
    lognormal: (median, spread) => {
      const normal =
        Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
      return median * Math.exp(spread * normal);
    },
  };
}
