import {
  compileSchedule,
  levelSlices,
  stints,
  type Assignment,
  type CompiledSchedule,
  type Slice,
} from './resolve';
import { DAY, parseInstant, parseWindow } from './time';
import type {
  CoverageReport,
  EngineOptions,
  Handoff,
  InstantWindow,
  OnCallLevel,
  OnCallSchedule,
  OnCallSource,
  Shift,
} from './types';
import type { Zone } from './zone';

/**
 * How far ahead to look for the next change, in days: near first, since most schedules change within a week. Beyond the last, a
 * schedule is said to have no change in sight.
 */
const HORIZONS = [2, 15, 100, 800, 30_000];

/**
 * All shifts of a schedule in a half-open window, on every level, with the overrides applied and cut to the window. Sorted by start,
 * then level, end and person. Two shifts of one person touch where a handoff ends the first.
 * @throws InputError for a schedule or window that cannot be read, and for schedules that contain each other.
 */
export function shiftsBetween(
  schedule: OnCallSchedule,
  window: InstantWindow,
  options?: EngineOptions,
): Shift[] {
  const { from, to } = parseWindow(window);
  const compiled = compileSchedule(schedule, options);
  const { zone } = compiled;
  return compiled.levels
    .flatMap(level =>
      stints(levelSlices(level, from, to)).map(stint => ({
        ...stint,
        level: level.level,
      })),
    )
    .sort(
      (a, b) =>
        a.from - b.from ||
        a.level - b.level ||
        a.to - b.to ||
        compareText(a.assignment.person, b.assignment.person),
    )
    .map(stint => ({
      person: stint.assignment.person,
      level: stint.level,
      from: zone.format(stint.from),
      to: zone.format(stint.to),
      ...sourceOf(stint.assignment),
    }));
}

/**
 * Who is on call at an instant, one entry for every level, with the end of each shift and who comes next. A level without anybody has
 * no people.
 * @throws InputError as `shiftsBetween`.
 */
export function onCallAt(
  schedule: OnCallSchedule,
  instant: string,
  options?: EngineOptions,
): OnCallLevel[] {
  const at = parseInstant(instant, 'instant');
  const compiled = compileSchedule(schedule, options);
  return compiled.levels.map(level => {
    const outlook = lookAhead(level, at);
    return {
      level: level.level,
      ...(level.name === undefined ? {} : { name: level.name }),
      people: outlook.now.map(({ assignment, until }) => ({
        person: assignment.person,
        ...sourceOf(assignment),
        ...optional('until', compiled.zone, until),
      })),
      ...optional('until', compiled.zone, outlook.until),
      ...(outlook.next
        ? {
            next: {
              from: compiled.zone.format(outlook.next.from),
              people: outlook.next.people,
            },
          }
        : {}),
    };
  });
}

/**
 * The first change of hands after an instant on any level, or on one: a turn, a change by restriction or override, the start of a gap
 * or its end. Undefined when no change is in sight.
 * @throws InputError as `shiftsBetween`.
 */
export function nextHandoff(
  schedule: OnCallSchedule,
  instant: string,
  options?: EngineOptions & { level?: number },
): Handoff | undefined {
  const at = parseInstant(instant, 'instant');
  const compiled = compileSchedule(schedule, options);
  let first: { at: number; handoff: Handoff } | undefined;
  for (const level of compiled.levels) {
    if (options?.level !== undefined && options.level !== level.level) {
      continue;
    }
    const { now, until } = lookAhead(level, at);
    if (until !== undefined && (!first || until < first.at)) {
      first = {
        at: until,
        handoff: {
          at: compiled.zone.format(until),
          level: level.level,
          from: now.map(p => p.assignment.person),
          to: peopleAt(level, until).map(a => a.person),
        },
      };
    }
  }
  return first?.handoff;
}

/**
 * The gaps and double bookings of a schedule in a window: where a level has nobody on call, and where one person is on call on
 * several levels at once.
 * @throws InputError as `shiftsBetween`.
 */
export function coverage(
  schedule: OnCallSchedule,
  window: InstantWindow,
  options?: EngineOptions,
): CoverageReport {
  const { from, to } = parseWindow(window);
  const compiled = compileSchedule(schedule, options);
  const { zone } = compiled;
  const report: CoverageReport = { gaps: [], doubleBookings: [] };
  const busy = new Map<string, { key: number; from: number; to: number }[]>();
  for (const level of compiled.levels) {
    let at = from;
    const slices = levelSlices(level, from, to);
    const gap = (until: number) => {
      if (at < until) {
        report.gaps.push({
          level: level.level,
          from: zone.format(at),
          to: zone.format(until),
        });
      }
    };
    for (const slice of slices) {
      gap(slice.from);
      at = slice.to;
      for (const { person } of slice.people) {
        const intervals = busy.get(person) ?? [];
        busy.set(person, intervals);
        intervals.push({ key: level.level, from: slice.from, to: slice.to });
      }
    }
    gap(to);
  }
  for (const [person, intervals] of busy) {
    for (const overlap of overlaps(intervals)) {
      report.doubleBookings.push({
        person,
        levels: overlap.keys,
        from: zone.format(overlap.from),
        to: zone.format(overlap.to),
      });
    }
  }
  report.gaps.sort(
    (a, b) => Date.parse(a.from) - Date.parse(b.from) || a.level - b.level,
  );
  report.doubleBookings.sort(
    (a, b) =>
      Date.parse(a.from) - Date.parse(b.from) ||
      compareText(a.person, b.person),
  );
  return report;
}

/**
 * The stretches in which intervals of at least two different keys run at once, in order; stretches with the same keys that touch are
 * one. Times are milliseconds.
 */
export function overlaps<K extends string | number>(
  intervals: { from: number; to: number; key: K }[],
): { keys: K[]; from: number; to: number }[] {
  const edges = intervals
    .flatMap(i => [
      { at: i.from, change: 1, key: i.key },
      { at: i.to, change: -1, key: i.key },
    ])
    .sort((a, b) => a.at - b.at);
  const running = new Map<K, number>();
  const found: { keys: K[]; from: number; to: number }[] = [];
  edges.forEach((edge, index) => {
    running.set(edge.key, (running.get(edge.key) ?? 0) + edge.change);
    const next = edges[index + 1];
    const keys = [...running]
      .filter(([, count]) => count > 0)
      .map(([key]) => key)
      .sort();
    if (!next || next.at === edge.at || keys.length < 2) {
      return;
    }
    const last = found[found.length - 1];
    if (last?.to === edge.at && String(last.keys) === String(keys)) {
      last.to = next.at;
    } else {
      found.push({ keys, from: edge.at, to: next.at });
    }
  });
  return found;
}

type Level = CompiledSchedule['levels'][number];

type Outlook = {
  now: { assignment: Assignment; until?: number }[];
  until?: number;
  next?: { from: number; people: string[] };
};

function peopleAt(level: Level, at: number): Assignment[] {
  return levelSlices(level, at, at + 1)[0]?.people ?? [];
}

function lookAhead(level: Level, at: number): Outlook {
  let outlook: Outlook = { now: [] };
  for (const days of HORIZONS) {
    const end = at + days * DAY;
    outlook = outlookWithin(levelSlices(level, at, end), at, end);
    if (
      outlook.next &&
      outlook.now.every(person => person.until !== undefined)
    ) {
      break;
    }
  }
  return outlook;
}

function outlookWithin(slices: Slice[], at: number, end: number): Outlook {
  const all = stints(slices);
  const now = all
    .filter(stint => stint.from === at)
    .map(({ assignment, to }) => ({
      assignment,
      ...(to < end ? { until: to } : {}),
    }));
  // The first instant at which somebody's shift ends or begins.
  let until: number | undefined;
  for (const stint of all) {
    for (const edge of [stint.from, stint.to]) {
      if (edge > at && edge < end && (until === undefined || edge < until)) {
        until = edge;
      }
    }
  }
  const following =
    until === undefined ? undefined : slices.find(s => s.to > until!);
  return {
    now,
    ...(until === undefined ? {} : { until }),
    ...(following && until !== undefined
      ? {
          next: {
            from: Math.max(following.from, until),
            people: following.people.map(a => a.person),
          },
        }
      : {}),
  };
}

function sourceOf(assignment: Assignment): OnCallSource {
  const { layer, turn, override, replaces } = assignment;
  return {
    ...(layer === undefined ? {} : { layer }),
    ...(turn === undefined ? {} : { turn }),
    ...(override === undefined ? {} : { override }),
    ...(replaces === undefined ? {} : { replaces }),
  };
}

function optional(
  name: 'until',
  zone: Zone,
  instant: number | undefined,
): { until?: string } {
  return instant === undefined ? {} : { [name]: zone.format(instant) };
}

function compareText(a: string, b: string): number {
  if (a === b) {
    return 0;
  }
  return a < b ? -1 : 1;
}
