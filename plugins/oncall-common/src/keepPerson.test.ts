import fc from 'fast-check';

import { handoffs, onCallAt, startKeepingPerson, type Rotation } from '.';

const rotation = (extra: Partial<Rotation> = {}): Rotation => ({
  participants: ['a', 'b', 'c'],
  timeZone: 'Europe/Lisbon',
  start: '2026-01-05T09:00',
  unit: 'week',
  length: 1,
  ...extra,
});
const at = (text: string) => Date.parse(text);
const onCall = (r: Rotation, instant: number) =>
  onCallAt(
    { timeZone: r.timeZone, levels: [{ layers: [{ rotation: r }] }] },
    new Date(instant).toISOString(),
  )[0].people[0]?.person;

describe('keeping today’s person', () => {
  it.each<[string, Partial<Rotation>, string[], string, string | undefined]>([
    // On 21 January turn 2, c's, runs.
    [
      'nothing changed',
      {},
      ['a', 'b', 'c'],
      '2026-01-21T12:00Z',
      '2026-01-05T09:00',
    ],
    [
      'somebody added at the end',
      {},
      ['a', 'b', 'c', 'd'],
      '2026-01-21T12:00Z',
      '2026-01-05T09:00',
    ],
    [
      'somebody added in front',
      {},
      ['d', 'a', 'b', 'c'],
      '2026-01-21T12:00Z',
      '2025-12-29T09:00',
    ],
    [
      'an earlier one removed',
      {},
      ['b', 'c'],
      '2026-01-21T12:00Z',
      '2026-01-12T09:00',
    ],
    [
      'today’s person removed: the next one takes over',
      {},
      ['a', 'b'],
      '2026-01-21T12:00Z',
      '2026-01-05T09:00',
    ],
    [
      'nobody of the old order left',
      {},
      ['x', 'y'],
      '2026-01-21T12:00Z',
      '2026-01-05T09:00',
    ],
    ['all removed', {}, [], '2026-01-21T12:00Z', '2026-01-05T09:00'],
    [
      'not begun',
      { start: '2027-01-04T09:00' },
      ['z', 'a'],
      '2026-01-21T12:00Z',
      '2027-01-04T09:00',
    ],
    // b follows a now; the second a in the new list is the one before b.
    [
      'somebody who stands twice',
      { participants: ['a', 'b'] },
      ['a', 'c', 'a', 'b'],
      '2026-01-05T12:00Z',
      '2025-12-22T09:00',
    ],
    // Months from the 31st keep the 31st: no November has one, so the start goes a whole round further back.
    [
      'months from the 31st',
      { unit: 'month', start: '2026-01-31T09:00' },
      ['c', 'd', 'a'],
      '2026-02-10T12:00Z',
      '2025-08-31T09:00',
    ],
    [
      'years from 29 February, which never meet a place that is not a fourth of a round',
      { unit: 'month', length: 12, start: '2024-02-29T09:00' },
      ['c', 'a', 'b', 'd'],
      '2026-06-01T12:00Z',
      undefined,
    ],
    [
      'days where the clocks change',
      { unit: 'day', start: '2026-03-28T01:30' },
      ['b', 'a', 'c'],
      '2026-03-29T12:00Z',
      '2026-03-29T01:30',
    ],
  ])('%s', (_, extra, participants, instant, start) => {
    expect(startKeepingPerson(rotation(extra), participants, at(instant))).toBe(
      start,
    );
  });

  it('holds for random rotations: the same person now, the same moments of all handoffs', () => {
    const people = ['a', 'b', 'c', 'd', 'e', 'f'];
    fc.assert(
      fc.property(
        fc.record({
          timeZone: fc.constantFrom(
            'Europe/Lisbon',
            'America/Chicago',
            'Australia/Lord_Howe',
            'Pacific/Apia',
            'Etc/UTC',
          ),
          participants: fc.array(fc.constantFrom(...people), {
            minLength: 1,
            maxLength: 7,
          }),
          unit: fc.constantFrom('hour', 'day', 'week', 'month' as const),
          length: fc.integer({ min: 1, max: 14 }),
          start: fc
            .integer({ min: Date.UTC(1990, 0), max: Date.UTC(2040, 0) })
            .map(ms => new Date(ms).toISOString().slice(0, 16)),
        }),
        fc.array(fc.constantFrom(...people), { minLength: 1, maxLength: 7 }),
        fc.integer({ min: Date.UTC(1991, 0), max: Date.UTC(2050, 0) }),
        (random, participants, instant) => {
          const before = random as Rotation;
          const start = startKeepingPerson(before, participants, instant);
          const now = onCall(before, instant);
          fc.pre(start !== undefined && now !== undefined);
          const after = { ...before, participants, start: start! };
          expect(
            participants.includes(now!) ? onCall(after, instant) : now,
          ).toBe(now);
          const window = {
            from: new Date(instant).toISOString(),
            to: new Date(instant + 10 * 86_400_000).toISOString(),
          };
          const stays = before.participants.some(p => participants.includes(p));
          expect(handoffs(stays ? after : before, window)).toEqual(
            handoffs(before, window),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});
