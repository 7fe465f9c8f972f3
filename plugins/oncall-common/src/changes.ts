import { isError } from '@backstage/errors';

import { shiftsBetween } from './engine';
import type { ChangeConflictCode, ChangeKind } from './api';
import { DAY, HOUR, readMoment } from './time';
import type { OnCallOverride, OnCallSchedule, Shift } from './types';
import { Zone } from './zone';

/*
 * What a change, several overrides made together, does to who is on call, and what somebody should know before it is made. Pure: the
 * schedules in force and the time are given.
 */

/** How long ago something may have begun and still count as beginning now: a form takes a while to fill in. */
const GRACE = 5 * 60_000;

/** An override that is not made yet; times in milliseconds. */
export type ProposedOverride = {
  scheduleRef: string;
  type: 'replace' | 'add' | 'remove';
  person: string;
  /** Who stands in; only for `replace`. */
  with?: string;
  from: number;
  to: number;
  /** Counted from 1; every level when left out. */
  level?: number;
};

/** A schedule in force, with its overrides, and what people call it. */
export type NamedSchedule = { title: string; schedule: OnCallSchedule };

/** What is decided about. */
export type ProposedChange = {
  kind: ChangeKind;
  overrides: ProposedOverride[];
  /** Every schedule in force, by its ref. The schedules of the overrides must be among them. */
  schedules: ReadonlyMap<string, NamedSchedule>;
  /** Milliseconds; what lies before is not changed. */
  now: number;
  /** How long somebody may be on call on end before it is remarked upon, in milliseconds. */
  longStretch: number;
  /** What messages call a person. */
  nameOf: (person: string) => string;
  /** Whether messages may tell who is on call on a schedule, by its ref; they may tell of all when left out. */
  mayTellOf?: (scheduleRef: string) => boolean;
};

/** Something to know before the change is made; times in milliseconds. */
export type FoundConflict = {
  code: ChangeConflictCode;
  severity: 'refused' | 'warning';
  message: string;
  scheduleRef: string;
  from: number;
  to: number;
  level?: number;
  /** User refs. */
  people: string[];
};

/** Time on call that somebody gains or loses; in milliseconds. */
export type Duty = {
  person: string;
  scheduleRef: string;
  level: number;
  from: number;
  to: number;
};

/** What a change does. */
export type ChangeDecision = {
  conflicts: FoundConflict[];
  /** The schedules changed, with their shifts before and after in the time the overrides span. */
  schedules: {
    scheduleRef: string;
    from: number;
    to: number;
    before: Shift[];
    after: Shift[];
  }[];
  gained: Duty[];
  lost: Duty[];
};

type Interval = { from: number; to: number };
type Schedules = ReadonlyMap<string, OnCallSchedule>;

/**
 * Works out a change.
 * @throws InputError for a schedule that cannot be worked out.
 */
export function decideChange(change: ProposedChange): ChangeDecision {
  const before: Schedules = new Map(
    [...change.schedules].map(([ref, { schedule }]) => [ref, schedule]),
  );
  const after = withOverrides(before, change.overrides, change.now);
  const conflicts: FoundConflict[] = [];
  const decision: ChangeDecision = {
    conflicts,
    schedules: [],
    gained: [],
    lost: [],
  };
  for (const override of change.overrides) {
    conflicts.push(
      ...pastConflicts(override, change),
      ...beaten(override, change),
    );
  }
  const ahead = change.overrides.filter(o => o.to > change.now);
  for (const scheduleRef of new Set(ahead.map(o => o.scheduleRef))) {
    const own = ahead.filter(o => o.scheduleRef === scheduleRef);
    const window = spanOf(own, change.now);
    const shifts = {
      before: shiftsOf(scheduleRef, before, window),
      after: shiftsOf(scheduleRef, after, window),
    };
    decision.schedules.push({ scheduleRef, ...window, ...shifts });
    decision.gained.push(...moved(scheduleRef, shifts.after, shifts.before));
    decision.lost.push(...moved(scheduleRef, shifts.before, shifts.after));
    conflicts.push(
      ...gapConflicts(scheduleRef, shifts, window, change),
      ...idle(scheduleRef, own, before, change),
    );
  }
  conflicts.push(
    ...doubleBookings(decision.gained, after, change),
    ...longStretches(decision.gained, before, after, change),
  );
  conflicts.sort((a, b) => a.from - b.from || (a.code < b.code ? -1 : 1));
  return decision;
}

/**
 * Who gains and loses time when overrides are taken back: what is in force `before`, with all overrides, against what is left `after`. An
 * override that a later one beats gives nobody anything back. Schedules that cannot be worked out are left out: nothing is known of them.
 * Pure.
 */
export function decideUndo(undone: {
  overrides: Pick<ProposedOverride, 'scheduleRef' | 'from' | 'to'>[];
  before: ReadonlyMap<string, OnCallSchedule>;
  after: ReadonlyMap<string, OnCallSchedule>;
  /** Milliseconds; what lies before is not changed. */
  now: number;
}): Pick<ChangeDecision, 'gained' | 'lost'> {
  const { overrides, before, after, now } = undone;
  const result: Pick<ChangeDecision, 'gained' | 'lost'> = {
    gained: [],
    lost: [],
  };
  const ahead = overrides.filter(
    o => o.to > now && before.has(o.scheduleRef) && after.has(o.scheduleRef),
  );
  for (const scheduleRef of new Set(ahead.map(o => o.scheduleRef))) {
    const window = spanOf(
      ahead.filter(o => o.scheduleRef === scheduleRef),
      now,
    );
    try {
      const was = shiftsOf(scheduleRef, before, window);
      const is = shiftsOf(scheduleRef, after, window);
      result.gained.push(...moved(scheduleRef, is, was));
      result.lost.push(...moved(scheduleRef, was, is));
    } catch (error) {
      if (!isError(error) || error.name !== 'InputError') {
        throw error;
      }
    }
  }
  return result;
}

/** What an override is about, and when; times in milliseconds. */
type OverrideTime = Pick<
  ProposedOverride,
  'scheduleRef' | 'person' | 'level' | 'from' | 'to'
> & {
  /** When it was made, where that is told: of two made at different times the later one counts, and that is said by them. */
  createdAt?: number;
};

function ordered(a: OverrideTime, b: OverrideTime): boolean {
  return (
    a.createdAt !== undefined &&
    b.createdAt !== undefined &&
    a.createdAt !== b.createdAt
  );
}

/**
 * Two overrides of one change that are about the same person, schedule and time, so that only one of them would count; undefined when
 * there are none.
 */
export function overlapWithin(
  overrides: OverrideTime[],
): [number, number] | undefined {
  return overlapsWithin(overrides)[0];
}

/**
 * As `overlapWithin`, but every override that overlaps one before it in the list, after the first of those: positions from 0, in the order
 * of the list.
 */
export function overlapsWithin(overrides: OverrideTime[]): [number, number][] {
  const earlier = new Map<string, number[]>();
  const overlaps: [number, number][] = [];
  overrides.forEach((override, index) => {
    const key = JSON.stringify([override.scheduleRef, override.person]);
    const others = earlier.get(key) ?? [];
    earlier.set(key, others);
    const first = others.find(
      other =>
        sameLevel(overrides[other].level, override.level) &&
        overrides[other].from < override.to &&
        override.from < overrides[other].to &&
        !ordered(overrides[other], override),
    );
    if (first !== undefined) {
      overlaps.push([first, index]);
    }
    others.push(index);
  });
  return overlaps;
}

/** The refs of all users a schedule and those nested in it name. */
export function peopleNamed(
  schedule: OnCallSchedule,
  lookup: (ref: string) => OnCallSchedule | undefined,
): Set<string> {
  const people = new Set<string>();
  const seen = new Set([schedule]);
  for (const one of seen) {
    for (const { layers } of one.levels) {
      for (const layer of layers) {
        layer.people?.forEach(person => people.add(person));
        layer.rotation?.participants.forEach(person => people.add(person));
        layer.calendar?.shifts?.forEach(shift =>
          shift.people.forEach(person => people.add(person)),
        );
        const nested =
          typeof layer.schedule === 'string'
            ? lookup(layer.schedule)
            : layer.schedule;
        if (nested) {
          seen.add(nested);
        }
      }
    }
    for (const override of one.overrides ?? []) {
      people.add(override.person);
      if (override.with !== undefined) {
        people.add(override.with);
      }
    }
  }
  return people;
}

function withOverrides(
  schedules: Schedules,
  overrides: ProposedOverride[],
  now: number,
): Map<string, OnCallSchedule> {
  const result = new Map(schedules);
  for (const ref of new Set(overrides.map(o => o.scheduleRef))) {
    const schedule = result.get(ref)!;
    const known = schedule.overrides ?? [];
    // Later than all others, whatever the clocks of other machines said.
    const created = known.reduce(
      (latest, o) =>
        o.createdAt === undefined
          ? latest
          : Math.max(latest, Date.parse(o.createdAt) + 1),
      now,
    );
    result.set(ref, {
      ...schedule,
      overrides: [
        ...known,
        ...overrides
          .filter(override => override.scheduleRef === ref)
          .map((override, index) => ({
            type: override.type,
            person: override.person,
            ...(override.with === undefined ? {} : { with: override.with }),
            from: new Date(override.from).toISOString(),
            to: new Date(override.to).toISOString(),
            ...(override.level === undefined ? {} : { level: override.level }),
            createdAt: new Date(created + index).toISOString(),
          })),
      ],
    });
  }
  return result;
}

function shiftsOf(
  scheduleRef: string,
  schedules: Schedules,
  window: Interval,
): Shift[] {
  return shiftsBetween(
    schedules.get(scheduleRef)!,
    {
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
    },
    { lookup: ref => schedules.get(ref) },
  );
}

function spanOf(
  overrides: Pick<ProposedOverride, 'from' | 'to'>[],
  now: number,
): Interval {
  return {
    from: Math.min(...overrides.map(o => Math.max(o.from, now))),
    to: Math.max(...overrides.map(o => o.to)),
  };
}

function pastConflicts(
  override: ProposedOverride,
  { now }: ProposedChange,
): FoundConflict[] {
  if (override.from >= now - GRACE && override.to > now) {
    return [];
  }
  const over = override.to <= now;
  return [
    {
      code: 'in-the-past',
      severity: over ? 'refused' : 'warning',
      message: over
        ? 'It ends in the past; the past is not changed'
        : 'It begins in the past; it counts from now on',
      ...about(override),
      from: override.from,
      to: Math.min(override.to, now),
    },
  ];
}

function about(override: ProposedOverride) {
  return {
    scheduleRef: override.scheduleRef,
    ...(override.level === undefined ? {} : { level: override.level }),
    people:
      override.with === undefined
        ? [override.person]
        : [override.person, override.with],
  };
}

/** Overrides made earlier about the same person and time: the later one decides. */
function beaten(
  override: ProposedOverride,
  { schedules, now, nameOf }: ProposedChange,
): FoundConflict[] {
  const { schedule } = schedules.get(override.scheduleRef)!;
  const zone = Zone.of(schedule.timeZone);
  return (schedule.overrides ?? []).flatMap((known): FoundConflict[] => {
    const from = Math.max(
      readMoment(known.from, zone, 'start') ?? Infinity,
      override.from,
      now,
    );
    const to = Math.min(
      readMoment(known.to, zone, 'end') ?? -Infinity,
      override.to,
    );
    if (
      known.person !== override.person ||
      !sameLevel(known.level, override.level) ||
      from >= to
    ) {
      return [];
    }
    return [
      {
        code: 'beats-override',
        severity: 'warning',
        message: `${inWords(known, nameOf)}: that override no longer counts`,
        ...about(override),
        people: [
          ...new Set(
            [known.person, known.with, override.with].filter(
              (person): person is string => person !== undefined,
            ),
          ),
        ],
        from,
        to,
      },
    ];
  });
}

function inWords(
  { type, person, with: stand }: OnCallOverride,
  nameOf: (person: string) => string,
): string {
  switch (type) {
    case 'replace':
      return `${nameOf(stand ?? '')} stands in for ${nameOf(person)}`;
    case 'add':
      return `${nameOf(person)} was added`;
    default:
      return `${nameOf(person)} was removed`;
  }
}

function sameLevel(a: number | undefined, b: number | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

/** Where a level has somebody before and nobody after. */
function gapConflicts(
  scheduleRef: string,
  shifts: { before: Shift[]; after: Shift[] },
  window: Interval,
  { schedules }: ProposedChange,
): FoundConflict[] {
  const { schedule, title } = schedules.get(scheduleRef)!;
  return schedule.levels.flatMap((spec, index) => {
    const level = index + 1;
    const covered = (list: Shift[]) =>
      joined(list.filter(s => s.level === level).map(intervalOf));
    const opened = minus(covered(shifts.before), covered(shifts.after));
    return opened
      .filter(gap => gap.from < window.to)
      .map(
        (gap): FoundConflict => ({
          code: 'leaves-gap',
          severity: 'warning',
          message: `Nobody is left on call on ${title}, ${
            spec.name ?? `level ${level}`
          }`,
          scheduleRef,
          level,
          ...gap,
          people: [],
        }),
      );
  });
}

/** Overrides without which everything would be the same. */
function idle(
  scheduleRef: string,
  own: ProposedOverride[],
  before: Schedules,
  { kind, now, nameOf, schedules }: ProposedChange,
): FoundConflict[] {
  const { title } = schedules.get(scheduleRef)!;
  return own.flatMap((override): FoundConflict[] => {
    // What it does, it does in its own time, and only those of the same time matter to it; all of them together may span years.
    const window = spanOf([override], now);
    const near = own.filter(o => o.from < window.to && o.to > window.from);
    const all = whoOf(
      shiftsOf(scheduleRef, withOverrides(before, near, now), window),
    );
    const without = shiftsOf(
      scheduleRef,
      withOverrides(
        before,
        near.filter(o => o !== override),
        now,
      ),
      window,
    );
    if (whoOf(without) !== all) {
      return [];
    }
    const person = nameOf(override.person);
    const standsFor = without.find(
      s =>
        s.person === override.person &&
        s.replaces !== undefined &&
        sameLevel(s.level, override.level) &&
        Date.parse(s.from) < override.to &&
        Date.parse(s.to) > override.from,
    )?.replaces;
    let message = `${person} is not on call on ${title} then, so this changes nothing`;
    if (override.type === 'add') {
      message = `${person} is on call on ${title} then already, so this changes nothing`;
    } else if (standsFor !== undefined) {
      message = `${person} stands in for ${nameOf(
        standsFor,
      )} on ${title}: replace ${nameOf(standsFor)} instead`;
    }
    return [
      {
        code: 'no-effect',
        // A shift that is not there cannot be taken, given away or swapped.
        severity:
          kind === 'take-shift' || kind === 'give-shift' || kind === 'swap'
            ? 'refused'
            : 'warning',
        message,
        ...about(override),
        from: override.from,
        to: override.to,
      },
    ];
  });
}

/** Who is on call when, as a text to compare; where it comes from does not matter. */
function whoOf(shifts: Shift[]): string {
  return JSON.stringify(
    [...byDuty(shifts)].sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** People who would be on call elsewhere, or on another level, in the time they gain. */
function doubleBookings(
  gained: Duty[],
  after: Schedules,
  { schedules, nameOf, mayTellOf = () => true }: ProposedChange,
): FoundConflict[] {
  const contains = containment(after);
  const found: FoundConflict[] = [];
  for (const person of new Set(gained.map(d => d.person))) {
    const own = gained.filter(d => d.person === person);
    const window = spanOfIntervals(own);
    const duties = dutiesOf(person, after, window);
    for (const duty of own) {
      const elsewhere = duties.filter(other => {
        // First what is cheap: somebody on every other hour of a year has thousands of duties.
        if (other.from >= duty.to || other.to <= duty.from) {
          return false;
        }
        const gain = own.some(
          d =>
            d.scheduleRef === other.scheduleRef &&
            d.level === other.level &&
            d.from < other.to &&
            d.to > other.from,
        );
        // An override for every level asks for them; of two schedules gained at once, one is enough to say it.
        const apart =
          other.scheduleRef === duty.scheduleRef
            ? other.level !== duty.level && !gain
            : !contains(other.scheduleRef, duty.scheduleRef) &&
              !contains(duty.scheduleRef, other.scheduleRef) &&
              (!gain || duty.scheduleRef < other.scheduleRef);
        return apart;
      });
      for (const other of elsewhere) {
        found.push({
          code: 'double-booking',
          severity: 'warning',
          message: mayTellOf(other.scheduleRef)
            ? `${nameOf(person)} is also on call on ${
                schedules.get(other.scheduleRef)!.title
              }, level ${other.level}`
            : `${nameOf(person)} is also on call elsewhere`,
          scheduleRef: duty.scheduleRef,
          level: duty.level,
          from: Math.max(duty.from, other.from),
          to: Math.min(duty.to, other.to),
          people: [person],
        });
      }
    }
  }
  return found;
}

/** People whose time on call without a break becomes longer than it should be. */
function longStretches(
  gained: Duty[],
  before: Schedules,
  after: Schedules,
  { longStretch, nameOf }: ProposedChange,
): FoundConflict[] {
  const found: FoundConflict[] = [];
  for (const person of new Set(gained.map(d => d.person))) {
    const own = gained.filter(d => d.person === person);
    const span = spanOfIntervals(own);
    const window = {
      from: span.from - longStretch - DAY,
      to: span.to + longStretch + DAY,
    };
    const stretches = (schedules: Schedules) =>
      joined(
        dutiesOf(person, schedules, window).map(({ from, to }) => ({
          from,
          to,
        })),
      );
    const earlier = stretches(before);
    for (const stretch of stretches(after)) {
      const length = stretch.to - stretch.from;
      const duty = own.find(d => d.from < stretch.to && d.to > stretch.from);
      const known = earlier.some(
        s => s.from <= stretch.from && s.to >= stretch.to,
      );
      if (duty && length > longStretch && !known) {
        found.push({
          code: 'long-stretch',
          severity: 'warning',
          message: `${nameOf(person)} would be on call for ${days(
            length,
          )} on end, more than ${days(longStretch)}`,
          scheduleRef: duty.scheduleRef,
          level: duty.level,
          ...stretch,
          people: [person],
        });
      }
    }
  }
  return found;
}

function days(length: number): string {
  const hours = Math.round(length / HOUR);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}

/** When somebody is on call on any schedule. */
function dutiesOf(
  person: string,
  schedules: Schedules,
  window: Interval,
): Duty[] {
  const lookup = (ref: string) => schedules.get(ref);
  return [...schedules].flatMap(([scheduleRef, schedule]) => {
    if (!peopleNamed(schedule, lookup).has(person)) {
      return [];
    }
    let shifts: Shift[];
    try {
      shifts = shiftsOf(scheduleRef, schedules, window);
    } catch {
      // Another schedule that cannot be worked out must not stand in the way; coverage reports it.
      return [];
    }
    return shifts
      .filter(shift => shift.person === person)
      .map(shift => ({
        person,
        scheduleRef,
        level: shift.level,
        ...intervalOf(shift),
      }));
  });
}

/** Whether one schedule contains another, directly or further down. */
function containment(
  schedules: Schedules,
): (outer: string, inner: string) => boolean {
  const inside = (ref: string) => {
    const seen = new Set<string>();
    const wanted = [ref];
    for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
      for (const { layers } of schedules.get(name)?.levels ?? []) {
        for (const { schedule } of layers) {
          if (typeof schedule === 'string' && !seen.has(schedule)) {
            seen.add(schedule);
            wanted.push(schedule);
          }
        }
      }
    }
    return seen;
  };
  return (outer, inner) => inside(outer).has(inner);
}

/** The time people are on call in `there` and not in `here`. */
function moved(scheduleRef: string, there: Shift[], here: Shift[]): Duty[] {
  const known = byDuty(here);
  return [...byDuty(there)]
    .flatMap(([key, intervals]) => {
      const [level, person] = JSON.parse(key) as [number, string];
      return minus(intervals, known.get(key) ?? []).map(interval => ({
        person,
        scheduleRef,
        level,
        ...interval,
      }));
    })
    .sort((a, b) => a.from - b.from || a.level - b.level);
}

function byDuty(shifts: Shift[]): Map<string, Interval[]> {
  const duties = new Map<string, Interval[]>();
  for (const shift of shifts) {
    const key = JSON.stringify([shift.level, shift.person]);
    const list = duties.get(key) ?? [];
    duties.set(key, list);
    list.push(intervalOf(shift));
  }
  for (const [key, list] of duties) {
    duties.set(key, joined(list));
  }
  return duties;
}

function intervalOf(shift: { from: string; to: string }): Interval {
  return { from: Date.parse(shift.from), to: Date.parse(shift.to) };
}

function spanOfIntervals(intervals: Interval[]): Interval {
  return {
    from: Math.min(...intervals.map(i => i.from)),
    to: Math.max(...intervals.map(i => i.to)),
  };
}

/** The union of intervals: sorted, apart from one another. */
function joined(intervals: Interval[]): Interval[] {
  const found: Interval[] = [];
  for (const interval of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = found[found.length - 1];
    if (last && last.to >= interval.from) {
      last.to = Math.max(last.to, interval.to);
    } else {
      found.push({ from: interval.from, to: interval.to });
    }
  }
  return found;
}

/** What is left of sorted intervals that are apart without others of the same kind. */
function minus(intervals: Interval[], others: Interval[]): Interval[] {
  const left: Interval[] = [];
  // Both go forward only: what ended before one interval ended before all after it.
  let first = 0;
  for (const { from, to } of intervals) {
    while (first < others.length && others[first].to <= from) {
      first += 1;
    }
    let at = from;
    for (let i = first; i < others.length && others[i].from < to; i++) {
      if (others[i].from > at) {
        left.push({ from: at, to: others[i].from });
      }
      at = Math.max(at, others[i].to);
    }
    if (at < to) {
      left.push({ from: at, to });
    }
  }
  return left;
}
