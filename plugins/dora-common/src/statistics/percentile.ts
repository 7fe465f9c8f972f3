/**
 * Continuous percentile of ascending values, as PERCENTILE_CONT of SQL and type 7 of Hyndman & Fan (1996):
 * linear between the two closest ranks.
 *
 * @param sorted - ascending
 * @param p - 0–1
 * @returns undefined without values
 */
export function percentileOfSorted(
  sorted: ArrayLike<number>,
  p: number,
): number | undefined {
  if (sorted.length === 0) {
    return undefined;
  }
  const position = (sorted.length - 1) * p;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}

/** Ascending copy. */
export function ascending(values: ArrayLike<number>): Float64Array {
  return new Float64Array(values).sort();
}
