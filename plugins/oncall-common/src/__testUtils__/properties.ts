import { deepStrictEqual, ok, strictEqual } from 'assert';
import fc from 'fast-check';

import {
  coverage,
  handoffs,
  onCallAt,
  shiftsBetween,
  type OnCallLayer,
  type OnCallOverride,
  type OnCallSchedule,
  type Rotation,
  type Shift,
} from '..';

/*
 * The properties of docs/on-call.md for random zones, starts, lengths, participants and windows from 1973 to 2100. They run in processes of
 * their own, each in another time zone of the machine, so nothing here knows of jest.
 */

const MINUTE = 60_000;
const DAY = 86_400_000;
const EARLIEST = Date.UTC(1973, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);

// Every zone in the end, but mostly those that have misled programs before.
const zones = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'America/Chicago',
      'Europe/Lisbon',
      'Australia/Lord_Howe',
      'Pacific/Apia',
      'Africa/Casablanca',
      'Antarctica/Troll',
      'Pacific/Kwajalein',
      'America/Sao_Paulo',
      'Africa/Cairo',
      'Asia/Kathmandu',
      'Etc/UTC',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
  },
);
const instants = fc
  .integer({ min: EARLIEST / MINUTE, max: LATEST / MINUTE })
  .map(minutes => minutes * MINUTE);
const people = ['a', 'b', 'c', 'd', 'e'];
const iso = (instant: number) => new Date(instant).toISOString();
const local = (instant: number) => iso(instant).slice(0, 16);
const times = fc
  .integer({ min: 0, max: 95 })
  .map(
    q =>
      `${String(Math.floor(q / 4)).padStart(2, '0')}:${String(
        (q % 4) * 15,
      ).padStart(2, '0')}`,
  );
const restrictions = fc.array(
  fc.record(
    {
      weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), {
        minLength: 1,
      }),
      from: times,
      to: times,
    },
    { requiredKeys: ['from', 'to'] },
  ),
  { maxLength: 3 },
);

/** A rotation that starts at most two years from `near`, so that windows about it are worth looking at. */
const rotationNear = (near: number, zone: string): fc.Arbitrary<Rotation> =>
  fc
    .record({
      participants: fc.array(fc.constantFrom(...people), {
        minLength: 1,
        maxLength: 5,
      }),
      back: fc.oneof(
        fc.integer({ min: -3 * 1440, max: 60 * 1440 }),
        fc.integer({ min: 0, max: 40 * 365 * 1440 }),
      ),
      unit: fc.constantFrom('hour', 'day', 'week', 'month'),
      length: fc.integer({ min: 1, max: 15 }),
    })
    .map(({ participants, back, unit, length }) => ({
      participants,
      timeZone: zone,
      start: local(near - back * MINUTE),
      unit,
      length,
    }));

/** A window of up to five weeks that often lies on a change of the clocks. */
const situation = fc
  .record({ zone: zones, at: instants, onChange: fc.boolean() })
  .map(({ zone, at, onChange }) => {
    if (!onChange) {
      return { zone, at };
    }
    // The change is looked for with the host's own formatter, not with the code under test.
    const format = new Intl.DateTimeFormat('en', {
      timeZone: zone,
      timeZoneName: 'longOffset',
    });
    const offset = (t: number) => format.format(t).split(', ')[1];
    for (let day = 0; day < 250; day += 10) {
      const from = at + day * DAY;
      if (offset(from) !== offset(from + 10 * DAY)) {
        let [low, high] = [from, from + 10 * DAY];
        while (high - low > MINUTE) {
          const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
          if (offset(middle) === offset(from)) {
            low = middle;
          } else {
            high = middle;
          }
        }
        return { zone, at: high };
      }
    }
    return { zone, at };
  })
  .chain(({ zone, at }) =>
    fc.record({
      rotation: rotationNear(at, zone),
      at: fc.constant(at),
      // Often within the hour or two around the change, where an hour may be the second of its name.
      from: fc
        .oneof(
          fc.integer({ min: -120, max: 120 }),
          fc.integer({ min: 0, max: 3 * 1440 }),
        )
        .map(back => at - back * MINUTE),
      minutes: fc.oneof(
        fc.integer({ min: 1, max: 2 * 1440 }),
        fc.integer({ min: 1, max: 35 * 1440 }),
      ),
    }),
  )
  .map(({ minutes, ...rest }) => ({
    ...rest,
    to: rest.from + minutes * MINUTE,
  }));

const plain = (rotation: Rotation): OnCallSchedule => ({
  timeZone: rotation.timeZone,
  levels: [{ layers: [{ rotation }] }],
});

/** A whole schedule: several levels and layers, restrictions, fixed sets, a nested schedule, overrides of all kinds. */
const fullSituation = situation.chain(({ rotation, at, from, to }) => {
  const zone = rotation.timeZone;
  const restricted = fc.tuple(rotationNear(from, zone), restrictions).map(
    ([r, masks]): OnCallLayer => ({
      rotation: masks.length > 0 ? { ...r, restrictions: masks } : r,
    }),
  );
  const fixed = fc
    .array(fc.constantFrom(...people), { maxLength: 3 })
    .map((set): OnCallLayer => ({ people: set }));
  const overrides = fc.array(
    fc
      .record({
        type: fc.constantFrom('replace', 'add', 'remove'),
        person: fc.constantFrom(...people),
        with: fc.constantFrom('x', 'y', ...people),
        start: fc.integer({ min: -1440, max: (to - from) / MINUTE }),
        minutes: fc.integer({ min: 1, max: 4 * 1440 }),
        level: fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }),
        createdAt: fc.option(instants.map(iso), { nil: undefined }),
      })
      .map(
        ({ start, minutes, ...rest }): OnCallOverride => ({
          ...rest,
          from: iso(from + start * MINUTE),
          to: iso(from + (start + minutes) * MINUTE),
        }),
      ),
    { maxLength: 6 },
  );
  const nested = fc
    .tuple(
      zones,
      fc.array(restricted, { minLength: 1, maxLength: 2 }),
      overrides,
    )
    .map(
      ([timeZone, layers, own]): OnCallLayer => ({
        schedule: { timeZone, levels: [{ layers }], overrides: own },
      }),
    );
  const level = fc
    .array(fc.oneof(restricted, restricted, fixed, nested), {
      minLength: 1,
      maxLength: 3,
    })
    .map(layers => ({ layers }));
  return fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 2 }), overrides)
    .map(([levels, own]) => ({
      schedule: { timeZone: zone, levels, overrides: own } as OnCallSchedule,
      at,
      from,
      to,
    }));
});

const ms = (text: string) => Date.parse(text);
const window = (from: number, to: number) => ({ from: iso(from), to: iso(to) });

function present(shifts: Shift[], at: number): string[] {
  return shifts
    .filter(s => ms(s.from) <= at && at < ms(s.to))
    .map(s => `${s.level} ${s.person}`)
    .sort();
}

function presentAt(schedule: OnCallSchedule, at: number): string[] {
  return onCallAt(schedule, iso(at))
    .flatMap(l => l.people.map(p => `${l.level} ${p.person}`))
    .sort();
}

/** The local date-time of handoff k, by the calendar alone. */
function dueLocal(rotation: Rotation, turn: number): string {
  const start = new Date(`${rotation.start}Z`);
  const steps = turn * rotation.length;
  if (rotation.unit === 'month') {
    const day = start.getUTCDate();
    const due = new Date(start);
    due.setUTCDate(1);
    due.setUTCMonth(due.getUTCMonth() + steps);
    const month = due.getUTCMonth();
    due.setUTCDate(day);
    while (due.getUTCMonth() !== month) {
      due.setUTCDate(0);
    }
    return due.toISOString().slice(0, 16);
  }
  const hours = { hour: 1, day: 24, week: 168 }[rotation.unit];
  return local(start.getTime() + steps * hours * 60 * MINUTE);
}

/** What always holds, and which part of all cases it is tried with. */
type Property = {
  title: string;
  part: number;
  check: (parameters: {
    numRuns: number;
    seed: number;
    endOnFailure: boolean;
  }) => {
    cases: number;
    failure?: string;
  };
};

function property<T>(
  title: string,
  part: number,
  cases: fc.Arbitrary<T>,
  holds: (one: T) => void,
): Property {
  return {
    title,
    part,
    check: parameters => {
      const details = fc.check(fc.property(cases, holds), parameters);
      const failure = details.failed
        ? `${fc.defaultReportMessage(details)}\n${details.errorInstance}`
        : undefined;
      return {
        cases: details.numRuns,
        ...(failure === undefined ? {} : { failure }),
      };
    },
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What the local clock of a zone shows at an instant, to the minute, by the host's own formatter. */
function wallIn(timeZone: string, instant: number): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
    formats.set(timeZone, format);
  }
  return format.format(instant).replace(', ', 'T');
}

/** Whether the clock of a zone showed a local time or a later one within the day before an instant. */
function reachedBefore(timeZone: string, due: string, at: number): boolean {
  for (let before = 1; before <= DAY / MINUTE; before++) {
    if (wallIn(timeZone, at - before * MINUTE) >= due) {
      return true;
    }
  }
  return false;
}

const fractions = fc.double({ min: 0, max: 0.999, noNaN: true });

const PROPERTIES: Property[] = [
  property(
    'has exactly one person at every instant from its start, in order',
    0.3,
    situation,
    ({ rotation, from, to }) => {
      const shifts = shiftsBetween(plain(rotation), window(from, to));
      // Its first handoff, if it lies in the window, is where coverage begins.
      const begin = shifts.length > 0 ? ms(shifts[0].from) : to;
      const turns = handoffs(rotation, window(from, to)).map(ms);
      ok([from, turns[0] ?? to].includes(begin), 'begins with a handoff');
      const { start, timeZone } = rotation;
      const wall = (t: number) => wallIn(timeZone, t);
      if (wall(from) >= start) {
        strictEqual(begin, from, 'has begun');
      } else if (begin === from) {
        // The clock had reached the start, and was turned back before it since.
        ok(reachedBefore(timeZone, start, from), 'does not begin before');
      } else if (begin < to) {
        ok(
          wall(begin) >= start && wall(begin - MINUTE) < start,
          'begins when the local clock first reaches the start',
        );
      } else {
        ok(wall(to - 1) < start, 'has not begun');
      }
      // A handoff always ends a shift, and nothing else does.
      deepStrictEqual(
        shifts.map(s => ms(s.from)).filter(t => t > from),
        turns.filter(t => t > from),
      );
      let at = begin;
      let last = -1;
      for (const shift of shifts) {
        ok(
          ms(shift.from) === at &&
            ms(shift.to) > at &&
            shift.person ===
              rotation.participants[
                shift.turn! % rotation.participants.length
              ] &&
            shift.turn! > last,
          `is next in order: ${JSON.stringify(shift)}`,
        );
        last = shift.turn!;
        at = ms(shift.to);
      }
      strictEqual(at, to);
    },
  ),

  property(
    'turns where the local clock first reaches the handoff',
    0.1,
    situation,
    ({ rotation, from, to }) => {
      const wall = (t: number) => wallIn(rotation.timeZone, t);
      const shifts = shiftsBetween(plain(rotation), window(from, to));
      for (const shift of shifts.filter(s => ms(s.from) > from).slice(0, 8)) {
        const due = dueLocal(rotation, shift.turn!);
        ok(wall(ms(shift.from)) >= due, `${shift.from} has reached ${due}`);
        // … and not a minute before, nor at any earlier minute of the hours before.
        for (const before of [1, 2, 15, 29, 30, 31, 45, 59, 60, 61, 90, 120]) {
          ok(
            wall(ms(shift.from) - before * MINUTE) < due,
            `${before} minutes before ${shift.from} had not reached ${due}`,
          );
        }
      }
    },
  ),

  property(
    'has shifts that are sorted, not empty, and apart per person and level',
    0.15,
    fullSituation,
    ({ schedule, from, to }) => {
      const ends = new Map<string, number>();
      let last = from;
      for (const shift of shiftsBetween(schedule, window(from, to))) {
        const start = ms(shift.from);
        const end = ms(shift.to);
        const key = `${shift.level} ${shift.person}`;
        ok(
          start >= last &&
            end > start &&
            end <= to &&
            start >= (ends.get(key) ?? from),
          `is in its place: ${JSON.stringify(shift)}`,
        );
        ends.set(key, end);
        last = start;
      }
    },
  ),

  property(
    'agrees with who is on call at every boundary and at random instants',
    0.1,
    fc.tuple(fullSituation, fc.array(fractions, { maxLength: 3 })),
    ([{ schedule, at: change, from, to }, some]) => {
      const shifts = shiftsBetween(schedule, window(from, to));
      const edges = shifts
        .flatMap(s => [ms(s.from), ms(s.to), ms(s.to) - 1])
        .filter(t => t >= from && t < to);
      const sample = [
        ...edges.slice(0, 5),
        ...edges.slice(-4),
        ...some.map(f => Math.floor(from + f * (to - from))),
        // Minutes about the change of the clocks.
        ...[-45, 0, 10, 40, 59].map(m => change + m * MINUTE),
      ].filter(t => t >= from && t < to);
      for (const at of sample) {
        deepStrictEqual(presentAt(schedule, at), present(shifts, at), iso(at));
      }
    },
  ),

  property(
    'says until when as the shifts do',
    0.1,
    fullSituation,
    ({ schedule, from, to }) => {
      const shifts = shiftsBetween(schedule, window(from, to));
      for (const level of onCallAt(schedule, iso(from))) {
        for (const person of level.people) {
          const shift = shifts.find(
            s => s.level === level.level && s.person === person.person,
          )!;
          const ends = person.until === undefined ? Infinity : ms(person.until);
          strictEqual(Math.min(ends, to), ms(shift.to));
        }
      }
    },
  ),

  property(
    'only cuts shifts where a window is split, and the pieces rejoin',
    0.15,
    fc.tuple(
      fullSituation,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
    ),
    ([{ schedule, at, from, to }, fraction, nearChange]) => {
      const near = at + Math.floor(fraction * 90) * MINUTE;
      const cut =
        nearChange && near > from && near < to
          ? near
          : Math.floor(from + fraction * (to - from));
      const whole = shiftsBetween(schedule, window(from, to));
      const left = shiftsBetween(schedule, window(from, cut));
      const right = shiftsBetween(schedule, window(cut, to));
      const expected = whole.flatMap(s => {
        const inside = ms(s.from) < cut && cut < ms(s.to);
        return inside
          ? [
              { ...s, to: 'cut' },
              { ...s, from: 'cut' },
            ]
          : [s];
      });
      const pieces = [...left, ...right].map(s => {
        const crossing = whole.some(
          w =>
            w.person === s.person &&
            w.level === s.level &&
            ms(w.from) < cut &&
            cut < ms(w.to) &&
            (ms(s.to) === cut || ms(s.from) === cut),
        );
        return crossing
          ? { ...s, [ms(s.to) === cut ? 'to' : 'from']: 'cut' }
          : s;
      });
      const text = (list: Shift[]) => list.map(s => JSON.stringify(s)).sort();
      deepStrictEqual(text(pieces), text(expected));
    },
  ),

  property(
    'has no gap above an unrestricted rotation, unless somebody is removed',
    0.1,
    fullSituation.chain(full =>
      rotationNear(full.from, full.schedule.timeZone).map(base => ({
        ...full,
        base,
      })),
    ),
    ({ schedule, base, from, to }) => {
      const covered: OnCallSchedule = {
        ...schedule,
        levels: schedule.levels.map(level => ({
          layers: [{ rotation: base }, ...level.layers],
        })),
        overrides: (schedule.overrides ?? []).filter(o => o.type !== 'remove'),
      };
      const begin = coverage(plain(base), window(from, to)).gaps.reduce(
        (latest, gap) => Math.max(latest, ms(gap.to)),
        from,
      );
      deepStrictEqual(coverage(covered, window(begin, to)).gaps, []);
    },
  ),
];

/** How one property went. */
export type PropertyResult = {
  title: string;
  /** How many cases were tried. */
  cases: number;
  /** The case that fails, how to repeat it, and why; absent when none does. */
  failure?: string;
};

/**
 * Tries every property with its part of a number of cases, which a seed decides. Where one fails, a smaller case is looked for, unless the first
 * one is enough.
 */
export function tryProperties(
  cases: number,
  seed: number,
  endOnFailure: boolean,
): PropertyResult[] {
  return PROPERTIES.map(({ title, part, check }) => ({
    title,
    ...check({
      numRuns: Math.max(20, Math.ceil(cases * part)),
      seed,
      endOnFailure,
    }),
  }));
}

/** What the engine says of some situations, which a seed decides, with the situations. */
export function answersTo(count: number, seed: number): unknown[] {
  return fc
    .sample(fullSituation, { numRuns: count, seed })
    .map(({ schedule, from, to }) => [
      { schedule, from, to },
      shiftsBetween(schedule, window(from, to)),
      onCallAt(schedule, iso(from)),
      coverage(schedule, window(from, to)),
    ]);
}
