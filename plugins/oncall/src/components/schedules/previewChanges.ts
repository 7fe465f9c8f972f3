import type { ResolvedShift } from '@pavedroad/plugin-oncall-common';

/** A stretch of time with the same people before, and the same after. Milliseconds. */
export type Stretch = {
  level: number;
  from: number;
  to: number;
  before: Named[];
  after: Named[];
};

type Named = { ref: string; displayName: string };

/**
 * Who would be on call instead of whom: the stretches of a window on each level in which the people differ, joined where they touch. Pure.
 *
 * @param window - In milliseconds.
 */
export function changedStretches(
  before: ResolvedShift[],
  after: ResolvedShift[],
  window: { from: number; to: number },
): Stretch[] {
  const levels = [...new Set([...before, ...after].map(s => s.level))].sort(
    (a, b) => a - b,
  );
  return levels
    .flatMap(level => {
      const old = edgesOf(before, level);
      const next = edgesOf(after, level);
      const times = [
        ...new Set([
          window.from,
          window.to,
          ...[...old, ...next].flatMap(s => [s.from, s.to]),
        ]),
      ]
        .filter(time => time >= window.from && time <= window.to)
        .sort((a, b) => a - b);
      const stretches: Stretch[] = [];
      for (let i = 0; i + 1 < times.length; i++) {
        const [from, to] = [times[i], times[i + 1]];
        const stretch = {
          level,
          from,
          to,
          before: peopleIn(old, from),
          after: peopleIn(next, from),
        };
        if (keyOf(stretch.before) === keyOf(stretch.after)) {
          continue;
        }
        const last = stretches[stretches.length - 1];
        if (
          last?.to === from &&
          keyOf(last.before) === keyOf(stretch.before) &&
          keyOf(last.after) === keyOf(stretch.after)
        ) {
          last.to = to;
        } else {
          stretches.push(stretch);
        }
      }
      return stretches;
    })
    .sort((a, b) => a.from - b.from || a.level - b.level);
}

type Edge = { from: number; to: number; person: Named };

function edgesOf(shifts: ResolvedShift[], level: number): Edge[] {
  return shifts
    .filter(shift => shift.level === level)
    .map(({ from, to, person }) => ({
      from: Date.parse(from),
      to: Date.parse(to),
      person: { ref: person.ref, displayName: person.displayName },
    }));
}

function peopleIn(edges: Edge[], at: number): Named[] {
  const found = new Map(
    edges
      .filter(({ from, to }) => from <= at && to > at)
      .map(({ person }) => [person.ref, person]),
  );
  return [...found.values()].sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

function keyOf(people: Named[]): string {
  return people.map(person => person.ref).join(' ');
}
