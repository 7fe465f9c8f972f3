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

/**
 * Two percentiles of values in any order, as {@link percentileOfSorted} has them, which takes no sorting (C. A. R. Hoare,
 * "Algorithm 65: Find", 1961).
 *
 * @param values - at least one; their order is changed
 * @param low - 0–1, at most `high`
 */
export function percentilesOf(
  values: Float64Array,
  low: number,
  high: number,
): [number, number] {
  const lower = percentileFrom(values, low, 0);
  const upper = percentileFrom(
    values,
    high,
    Math.floor((values.length - 1) * low),
  );
  return [lower, upper];
}

/**
 * A percentile of values in any order, as {@link percentileOfSorted} has it.
 *
 * @param values - their order is changed
 */
export function percentileOf(
  values: Float64Array,
  p: number,
): number | undefined {
  return values.length === 0 ? undefined : percentileFrom(values, p, 0);
}

/** @param sortedTo - no value before this place is greater than one from there on */
function percentileFrom(
  values: Float64Array,
  p: number,
  sortedTo: number,
): number {
  const position = (values.length - 1) * p;
  const below = Math.floor(position);
  select(values, below, sortedTo);
  const rest = position - below;
  if (rest === 0) {
    return values[below];
  }
  let above = Infinity;
  for (let i = below + 1; i < values.length; i++) {
    above = Math.min(above, values[i]);
  }
  return values[below] + (above - values[below]) * rest;
}

/** Puts at a place the value that would be there in ascending order, with no greater one before it and no lesser one after it. */
function select(values: Float64Array, place: number, from: number): void {
  let left = from;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) {
        i++;
      }
      while (values[j] > pivot) {
        j--;
      }
      if (i <= j) {
        const value = values[i];
        values[i++] = values[j];
        values[j--] = value;
      }
    }
    if (place <= j) {
      right = j;
    } else if (place >= i) {
      left = i;
    } else {
      return;
    }
  }
}
