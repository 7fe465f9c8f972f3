import fc from 'fast-check';

import { loadOf, type LoadShift } from './load';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string) => Date.parse(text);
const shift = (
  from: string,
  to: string,
  person = 'ann',
  standsIn = false,
): LoadShift => ({ person, from: at(from), to: at(to), standsIn });

/** Hours on call, at night and at weekends, of one person. */
function hours(timeZone: string, ...shifts: LoadShift[]) {
  const [load] = loadOf({
    from: at('2026-01-01T00:00:00Z'),
    to: at('2027-01-01T00:00:00Z'),
    timeZone,
    shifts,
    pages: [],
    incidents: [],
  });
  return [load.seconds, load.nightSeconds, load.weekendSeconds].map(
    seconds => seconds / 3600,
  );
}

it.each`
  what                             | zone               | from                      | to                        | expected
  ${'a working day'}               | ${'Etc/UTC'}       | ${'2026-06-01T09:00:00Z'} | ${'2026-06-01T17:00:00Z'} | ${[8, 0, 0]}
  ${'a night'}                     | ${'Etc/UTC'}       | ${'2026-06-01T20:00:00Z'} | ${'2026-06-02T09:00:00Z'} | ${[13, 9, 0]}
  ${'a weekend'}                   | ${'Etc/UTC'}       | ${'2026-06-06T00:00:00Z'} | ${'2026-06-08T00:00:00Z'} | ${[48, 18, 48]}
  ${'Friday evening to Monday'}    | ${'Etc/UTC'}       | ${'2026-06-05T18:00:00Z'} | ${'2026-06-08T09:00:00Z'} | ${[63, 27, 48]}
  ${'the same hours further east'} | ${'Asia/Kolkata'}  | ${'2026-06-01T09:00:00Z'} | ${'2026-06-01T17:00:00Z'} | ${[8, 0.5, 0]}
  ${'the night an hour is lost'}   | ${'Europe/Lisbon'} | ${'2026-03-28T22:00:00Z'} | ${'2026-03-29T06:00:00Z'} | ${[8, 8, 8]}
  ${'the night an hour is gained'} | ${'Europe/Lisbon'} | ${'2026-10-24T21:00:00Z'} | ${'2026-10-25T07:00:00Z'} | ${[10, 10, 10]}
  ${'a short Sunday'}              | ${'Europe/Lisbon'} | ${'2026-03-27T00:00:00Z'} | ${'2026-03-31T00:00:00Z'} | ${[96, 36, 47]}
`('weighs $what in $zone', ({ zone, from, to, expected }) => {
  expect(hours(zone, shift(from, to))).toEqual(expected);
});

it('counts duties at once as one, and stand-ins apart', () => {
  const [ann, bob] = loadOf({
    from: at('2026-06-01T00:00:00Z'),
    to: at('2026-06-08T00:00:00Z'),
    timeZone: 'Etc/UTC',
    shifts: [
      shift('2026-06-01T09:00:00Z', '2026-06-01T17:00:00Z'),
      shift('2026-06-01T12:00:00Z', '2026-06-01T18:00:00Z', 'ann', true),
      shift('2026-05-01T00:00:00Z', '2026-06-01T01:00:00Z', 'bob'),
    ],
    pages: [
      { at: at('2026-06-01T23:00:00Z'), people: ['ann', 'bob'] },
      { at: at('2026-06-01T12:00:00Z'), people: ['ann'] },
      { at: at('2026-07-01T12:00:00Z'), people: ['ann'] },
    ],
    incidents: [{ at: at('2026-06-01T12:00:00Z'), people: ['ann'] }],
  });
  expect(ann).toEqual({
    person: 'ann',
    seconds: 9 * 3600,
    nightSeconds: 0,
    weekendSeconds: 0,
    shifts: 2,
    pages: 2,
    nightPages: 1,
    incidents: 1,
    coveredForOthersSeconds: 6 * 3600,
  });
  expect(bob).toMatchObject({ seconds: 3600, nightSeconds: 3600, pages: 1 });
});

it('counts the pieces of a turn as one shift', () => {
  const [ann] = loadOf({
    from: at('2026-06-01T00:00:00Z'),
    to: at('2026-06-08T00:00:00Z'),
    timeZone: 'Etc/UTC',
    shifts: [
      { ...shift('2026-06-01T09:00:00Z', '2026-06-01T12:00:00Z'), turn: '1' },
      { ...shift('2026-06-01T13:00:00Z', '2026-06-01T17:00:00Z'), turn: '1' },
      { ...shift('2026-06-03T13:00:00Z', '2026-06-03T17:00:00Z'), turn: '2' },
      shift('2026-06-04T13:00:00Z', '2026-06-04T17:00:00Z'),
      shift('2026-06-05T13:00:00Z', '2026-06-05T17:00:00Z'),
    ],
    pages: [],
    incidents: [],
  });
  expect(ann).toMatchObject({ seconds: 19 * 3600, shifts: 4 });
});

const zones = [
  'Etc/UTC',
  'Europe/Lisbon',
  'America/Chicago',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Asia/Kolkata',
];
const instant = fc.integer({
  min: at('2010-01-01T00:00:00Z') / 1000,
  max: at('2030-01-01T00:00:00Z') / 1000,
});

it('adds up over people and over windows, whatever the zone', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      instant,
      fc.integer({ min: 1, max: 40 * 86_400 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.array(
        fc.record({
          person: fc.constantFrom('ann', 'bob', 'cem'),
          start: fc.integer({ min: -5 * 86_400, max: 40 * 86_400 }),
          length: fc.integer({ min: 1, max: 10 * 86_400 }),
          standsIn: fc.boolean(),
        }),
        { maxLength: 8 },
      ),
      (timeZone, start, length, cut, drafts) => {
        const from = start * 1000;
        const to = from + length * 1000;
        const middle = from + Math.floor(length * cut) * 1000;
        const shifts = drafts.map(draft => ({
          person: draft.person,
          from: from + draft.start * 1000,
          to: from + (draft.start + draft.length) * 1000,
          standsIn: draft.standsIn,
        }));
        const ask = (a: number, b: number, only = shifts) =>
          loadOf({
            from: a,
            to: b,
            timeZone,
            shifts: only,
            pages: [],
            incidents: [],
          });
        const sum = (
          loads: ReturnType<typeof loadOf>,
          field:
            | 'seconds'
            | 'nightSeconds'
            | 'weekendSeconds'
            | 'coveredForOthersSeconds',
        ) => loads.reduce((total, load) => total + load[field], 0);
        const whole = ask(from, to);
        const parts = [...ask(from, middle), ...ask(middle, to)];
        for (const field of [
          'seconds',
          'nightSeconds',
          'weekendSeconds',
          'coveredForOthersSeconds',
        ] as const) {
          expect(sum(parts, field)).toBeCloseTo(sum(whole, field), 3);
          const alone = ['ann', 'bob', 'cem'].flatMap(person =>
            ask(
              from,
              to,
              shifts.filter(s => s.person === person),
            ),
          );
          expect(sum(alone, field)).toBe(sum(whole, field));
        }
        for (const load of whole) {
          expect(load.nightSeconds).toBeLessThanOrEqual(load.seconds);
          expect(load.weekendSeconds).toBeLessThanOrEqual(load.seconds);
          expect(load.seconds).toBeLessThanOrEqual(length);
        }
      },
    ),
    { numRuns: 300 },
  );
});

it('takes three eighths of a long time for night, and two sevenths for weekend', () => {
  for (const timeZone of zones.slice(0, 2)) {
    const from = at('2026-01-05T00:00:00Z');
    const [load] = loadOf({
      from,
      to: from + 52 * 7 * DAY,
      timeZone,
      shifts: [
        { person: 'ann', from, to: from + 52 * 7 * DAY, standsIn: false },
      ],
      pages: [],
      incidents: [],
    });
    expect(load.nightSeconds / load.seconds).toBeCloseTo(9 / 24, 3);
    expect(load.weekendSeconds / load.seconds).toBeCloseTo(2 / 7, 3);
  }
});
