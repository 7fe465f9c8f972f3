import type { MyShiftsAnswer, Shift } from '@pavedroad/plugin-oncall-common';

/*
 * What the timeline and the list of one's own shifts say beyond the shifts themselves. Pure.
 */

/** The intervals of a window (milliseconds) in which a level has none of the shifts, which are sorted by start. */
export function uncovered(
  shifts: Pick<Shift, 'from' | 'to'>[],
  window: { from: number; to: number },
): { from: number; to: number }[] {
  const gaps: { from: number; to: number }[] = [];
  let covered = window.from;
  for (const shift of shifts) {
    const from = Date.parse(shift.from);
    if (from > covered) {
      gaps.push({ from: covered, to: from });
    }
    covered = Math.max(covered, Date.parse(shift.to));
  }
  if (covered < window.to) {
    gaps.push({ from: covered, to: window.to });
  }
  return gaps;
}

/** One shift of somebody, with the people who have the level before and after it. */
export type ShiftWithNeighbours = {
  shift: Shift;
  previous: string[];
  next: string[];
};

/**
 * The shifts of one person among those of a schedule, each with its neighbours: those whose shift ended last at or before it began, and those
 * whose shift begins first at or after it ends, across gaps.
 */
export function withNeighbours(
  shifts: Shift[],
  person: string,
): ShiftWithNeighbours[] {
  const levels = new Map<
    number,
    { byStart: Shift[]; byEnd: Shift[]; starts: number[]; ends: number[] }
  >();
  for (const shift of shifts) {
    const level = levels.get(shift.level) ?? {
      byStart: [],
      byEnd: [],
      starts: [],
      ends: [],
    };
    levels.set(shift.level, level);
    level.byStart.push(shift);
    level.byEnd.push(shift);
  }
  for (const level of levels.values()) {
    level.byStart.sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
    level.byEnd.sort((a, b) => Date.parse(a.to) - Date.parse(b.to));
    level.starts = level.byStart.map(s => Date.parse(s.from));
    level.ends = level.byEnd.map(s => Date.parse(s.to));
  }
  return shifts
    .filter(shift => shift.person === person)
    .map(shift => {
      const { byStart, byEnd, starts, ends } = levels.get(shift.level)!;
      const after = firstAtLeast(starts, Date.parse(shift.to));
      const before = firstAtLeast(ends, Date.parse(shift.from) + 1) - 1;
      return {
        shift,
        previous: people(byEnd.filter((_, i) => ends[i] === ends[before])),
        next: people(byStart.filter((_, i) => starts[i] === starts[after])),
      };
    });
}

/** The position of the first number of a sorted list that is at least `value`. */
function firstAtLeast(sorted: number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (sorted[middle] < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

function people(shifts: Shift[]): string[] {
  return [...new Set(shifts.map(shift => shift.person))];
}

/** Shifts of several schedules in order: by start, then title and level. */
export function inOrder(
  shifts: MyShiftsAnswer['shifts'],
): MyShiftsAnswer['shifts'] {
  return [...shifts].sort(
    (a, b) =>
      Date.parse(a.from) - Date.parse(b.from) ||
      a.title.localeCompare(b.title, 'en') ||
      a.level - b.level,
  );
}
