import fc from 'fast-check';
import { calendarBuckets, isTimeZone, wholeWeeks } from './calendar';
import { parseMoment } from './parseMetricsQuery';

const at = (text: string) => Date.parse(text);
const starts = (from: string, to: string, timeZone: string) =>
  calendarBuckets({ from: at(from), to: at(to) }, 'day', timeZone).map(span =>
    new Date(span.from).toISOString().slice(5, 16),
  );

describe('calendarBuckets', () => {
  it.each([
    // Morocco put the clocks back for Ramadan on 10 March 2024 at 03:00 and forward on 14 April: 35 days.
    [
      'Africa/Casablanca',
      '2024-03-09T23:00:00Z',
      '2024-03-11T12:00:00Z',
      ['03-09T23:00', '03-11T00:00'],
    ],
    [
      'Africa/Casablanca',
      '2024-04-13T00:00:00Z',
      '2024-04-15T12:00:00Z',
      ['04-13T00:00', '04-14T00:00', '04-14T23:00'],
    ],
    // Egypt interrupted summer time for Ramadan from 11 August to 9 September 2010.
    [
      'Africa/Cairo',
      '2010-08-10T21:00:00Z',
      '2010-08-13T00:00:00Z',
      ['08-10T21:00', '08-10T22:00', '08-11T22:00', '08-12T22:00'],
    ],
    // Samoa skipped 30 December 2011.
    [
      'Pacific/Apia',
      '2011-12-29T10:00:00Z',
      '2011-12-31T12:00:00Z',
      ['12-29T10:00', '12-30T10:00', '12-31T10:00'],
    ],
    // Clocks of Beirut go forward at midnight.
    [
      'Asia/Beirut',
      '2022-03-26T00:00:00Z',
      '2022-03-28T00:00:00Z',
      ['03-26T00:00', '03-26T22:00', '03-27T21:00'],
    ],
    [
      'Asia/Kathmandu',
      '2026-05-01T00:00:00Z',
      '2026-05-02T00:00:00Z',
      ['05-01T00:00', '05-01T18:15'],
    ],
  ])('of %s from %s', (zone, from, to, expected) => {
    expect(starts(from, to, zone)).toEqual(expected);
  });

  it('cuts windows into days, weeks and months that join up, in every zone', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.integer({ min: at('1975-01-01'), max: at('2040-01-01') }),
        fc.integer({ min: 1, max: 100 * 86_400_000 }),
        fc.constantFrom('day' as const, 'week' as const, 'month' as const),
        (zone, from, length, interval) => {
          const window = { from, to: from + length };
          const buckets = calendarBuckets(window, interval, zone);
          expect(buckets[0].from).toBe(window.from);
          expect(buckets[buckets.length - 1].to).toBe(window.to);
          const clock = new Intl.DateTimeFormat('en-CA', {
            timeZone: zone,
            dateStyle: 'short',
          });
          for (let i = 1; i < buckets.length; i++) {
            expect(buckets[i].from).toBe(buckets[i - 1].to);
            // A bucket begins where the local date turns.
            expect(clock.format(buckets[i].from)).not.toBe(
              clock.format(buckets[i].from - 1),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('wholeWeeks', () => {
  it('has the week in which the clocks change for a month', () => {
    const weeks = wholeWeeks(
      { from: at('2024-03-03T00:00:00Z'), to: at('2024-03-18T00:00:00Z') },
      'Africa/Casablanca',
    );
    expect(weeks.map(days => new Date(days[0].from).toISOString())).toEqual([
      '2024-03-03T23:00:00.000Z',
      '2024-03-11T00:00:00.000Z',
    ]);
    expect(weeks[0][6]).toEqual({
      from: at('2024-03-09T23:00:00Z'),
      to: at('2024-03-11T00:00:00Z'),
    });
  });
});

describe('moments without an offset', () => {
  it.each([
    ['2024-03-20T12:00', 'Africa/Casablanca', '2024-03-20T12:00:00.000Z'],
    ['2024-03-20', 'Africa/Casablanca', '2024-03-20T00:00:00.000Z'],
    ['2026-03-29T01:30', 'Europe/Lisbon', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T01:30', 'Europe/Lisbon', '2026-10-25T00:30:00.000Z'],
    ['2022-03-27', 'Asia/Beirut', '2022-03-26T22:00:00.000Z'],
  ])('%s in %s is %s', (text, zone, expected) => {
    expect(new Date(parseMoment('from', text, zone)!).toISOString()).toBe(
      expected,
    );
  });

  it('are in zones that exist', () => {
    expect(isTimeZone('UTC')).toBe(true);
    expect(isTimeZone('+02:00')).toBe(false);
    expect(isTimeZone('Mars/Olympus')).toBe(false);
  });

  it('are kept once, however their letters are', () => {
    expect(isTimeZone('Atlantic/Azores')).toBe(true);
    const made = jest.spyOn(Intl, 'DateTimeFormat');
    try {
      for (const name of [
        'atlantic/azores',
        'ATLANTIC/AZORES',
        'aTLANTIC/aZORES',
      ]) {
        expect(isTimeZone(name)).toBe(true);
      }
      expect(made).not.toHaveBeenCalled();
    } finally {
      made.mockRestore();
    }
  });
});
