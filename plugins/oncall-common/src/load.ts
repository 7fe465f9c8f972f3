import { DAY, HOUR } from './time';
import { Zone } from './zone';

/*
 * What being on call weighs: time, nights and weekends by person. Pure.
 */

/** When a night begins and ends on the local clock, in milliseconds from midnight. */
const NIGHT = { from: 22 * HOUR, to: 7 * HOUR };

type Interval = { from: number; to: number };

/** Somebody's shift, in milliseconds. */
export type LoadShift = Interval & {
  person: string;
  /** Whether the person stands in for somebody else. */
  standsIn: boolean;
  /** What the pieces of one shift have in common; a piece without it is a shift. */
  turn?: string;
};

/** Something that called people, in milliseconds. */
export type LoadEvent = { at: number; people: string[] };

/** What one person carried. */
export type PersonLoad = {
  person: string;
  /** Time on call, overlapping duties counted once, in seconds. */
  seconds: number;
  /** Of it, from 22:00 to 07:00. */
  nightSeconds: number;
  /** Of it, on Saturday and Sunday. */
  weekendSeconds: number;
  shifts: number;
  pages: number;
  nightPages: number;
  incidents: number;
  /** Time as a stand-in for others, in seconds. */
  coveredForOthersSeconds: number;
};

/**
 * What everybody carried in a window (milliseconds), most time first. Nights and weekends are those of a zone, so that a night in which the
 * clocks change counts an hour more or less.
 * @throws InputError for a zone the database does not have.
 */
export function loadOf(input: {
  from: number;
  to: number;
  timeZone: string;
  shifts: LoadShift[];
  pages: LoadEvent[];
  incidents: LoadEvent[];
}): PersonLoad[] {
  const { from, to, shifts, pages, incidents } = input;
  const zone = Zone.of(input.timeZone);
  const nights = nightsBetween(from, to, zone);
  const weekends = weekendsBetween(from, to, zone);
  const within = shifts
    .map(shift => ({
      ...shift,
      from: Math.max(shift.from, from),
      to: Math.min(shift.to, to),
    }))
    .filter(shift => shift.from < shift.to);
  const called = [...pages, ...incidents].filter(
    ({ at }) => at >= from && at < to,
  );
  const people = new Set([
    ...within.map(({ person }) => person),
    ...called.flatMap(event => event.people),
  ]);
  return [...people]
    .map((person): PersonLoad => {
      const own = within.filter(shift => shift.person === person);
      const duty = union(own);
      const mine = (events: LoadEvent[]) =>
        events.filter(
          event =>
            event.at >= from && event.at < to && event.people.includes(person),
        );
      return {
        person,
        seconds: seconds(duty),
        nightSeconds: seconds(common(duty, nights)),
        weekendSeconds: seconds(common(duty, weekends)),
        shifts: new Set(own.map(({ turn }, index) => turn ?? index)).size,
        pages: mine(pages).length,
        nightPages: mine(pages).filter(({ at }) =>
          nights.some(night => at >= night.from && at < night.to),
        ).length,
        incidents: mine(incidents).length,
        coveredForOthersSeconds: seconds(
          union(own.filter(shift => shift.standsIn)),
        ),
      };
    })
    .sort((a, b) => b.seconds - a.seconds || (a.person < b.person ? -1 : 1));
}

/** The nights of a zone in a window, cut to it. */
function nightsBetween(from: number, to: number, zone: Zone): Interval[] {
  return localIntervals(from, to, zone, day => ({
    from: zone.firstInstant(day + NIGHT.from),
    to: zone.lastInstant(day + DAY + NIGHT.to),
  }));
}

/** The weekends of a zone in a window, cut to it: each day from its first instant to that of the next. */
function weekendsBetween(from: number, to: number, zone: Zone): Interval[] {
  return localIntervals(from, to, zone, day =>
    [0, 6].includes(new Date(day).getUTCDay())
      ? { from: zone.firstInstant(day), to: zone.firstInstant(day + DAY) }
      : undefined,
  );
}

function localIntervals(
  from: number,
  to: number,
  zone: Zone,
  intervalOf: (day: number) => Interval | undefined,
): Interval[] {
  const dayOf = (wall: number) => Math.floor(wall / DAY) * DAY;
  const found: Interval[] = [];
  // A local day may be skipped or repeated, so what began two days ago can still run.
  const last = dayOf(zone.wallAt(to)) + DAY;
  for (let day = dayOf(zone.wallAt(from)) - 2 * DAY; day <= last; day += DAY) {
    const interval = intervalOf(day);
    if (interval && interval.to > from && interval.from < to) {
      found.push({
        from: Math.max(interval.from, from),
        to: Math.min(interval.to, to),
      });
    }
  }
  return union(found);
}

function union(intervals: Interval[]): Interval[] {
  const found: Interval[] = [];
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = found[found.length - 1];
    if (last && last.to >= from) {
      last.to = Math.max(last.to, to);
    } else if (from < to) {
      found.push({ from, to });
    }
  }
  return found;
}

/** What two sorted lists of intervals that are apart have in common. */
function common(a: Interval[], b: Interval[]): Interval[] {
  const found: Interval[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const from = Math.max(a[i].from, b[j].from);
    const to = Math.min(a[i].to, b[j].to);
    if (from < to) {
      found.push({ from, to });
    }
    if (a[i].to < b[j].to) {
      i += 1;
    } else {
      j += 1;
    }
  }
  return found;
}

function seconds(intervals: Interval[]): number {
  return intervals.reduce((total, { from, to }) => total + to - from, 0) / 1000;
}
