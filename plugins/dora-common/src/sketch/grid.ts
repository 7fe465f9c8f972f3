/** A division of time into cells of one length. */
export interface Grid {
  /** What the database calls it. */
  level: number;
  /** Length of a cell in milliseconds. */
  unit: number;
  /** Where a cell begins, in epoch milliseconds. */
  phase: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Days in UTC. */
export const DAYS: Grid = { level: 1, unit: DAY, phase: 0 };
/** Half-hours, with which days begin in nearly every time zone. */
export const HALF_HOURS: Grid = { level: 2, unit: HOUR / 2, phase: 0 };
/** ISO weeks in UTC: from Monday. */
export const WEEKS: Grid = { level: 3, unit: 7 * DAY, phase: -3 * DAY };

export function slotOf(grid: Grid, at: number): number {
  return Math.floor((at - grid.phase) / grid.unit);
}

export function slotStart(grid: Grid, slot: number): number {
  return grid.phase + slot * grid.unit;
}

/** A cell, or a stretch of time that no cell covers, to add or to take away. */
export type Term =
  | { sign: 1 | -1; grid: Grid; slot: number }
  | { sign: 1 | -1; from: number; to: number };

/**
 * What to add up for the time from the beginning of a cell to a moment inside it: finer cells and, at the end, a stretch that no cell
 * covers; or the whole cell less what follows the moment, where that is less.
 *
 * @param grids - from coarse to fine, each dividing the one before; the cell is one of the first
 */
export function termsUntil(at: number, grids: readonly Grid[]): Term[] {
  const [grid, finer] = grids;
  const slot = slotOf(grid, at);
  const start = slotStart(grid, slot);
  const end = start + grid.unit;
  if (at === start) {
    return [];
  }
  if (!finer) {
    return at - start <= end - at
      ? [{ sign: 1, from: start, to: at }]
      : [
          { sign: 1, grid, slot },
          { sign: -1, from: at, to: end },
        ];
  }
  const middle = slotOf(finer, at);
  const rest = termsUntil(at, grids.slice(1));
  const cells = (sign: 1 | -1, from: number, to: number): Term[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => ({
      sign,
      grid: finer,
      slot: from + i,
    }));
  const before = cells(1, slotOf(finer, start), middle);
  const after = cells(-1, middle, slotOf(finer, end));
  return before.length <= after.length
    ? [...before, ...rest]
    : [{ sign: 1, grid, slot }, ...after, ...rest];
}
