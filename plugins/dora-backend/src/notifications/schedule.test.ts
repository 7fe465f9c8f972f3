import { digestDue, watchDue } from './schedule';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LONG_AGO = '2020-01-01T00:00:00Z';

describe('digestDue', () => {
  const due = (now: string, timeZone: string, createdAt = LONG_AGO) =>
    digestDue({ timeZone, createdAt }, Date.parse(now), DAY)?.date;

  // 2026-05-04 is a Monday.
  it.each([
    [
      'a minute before eight',
      '2026-05-04T06:59:00Z',
      'Europe/Lisbon',
      undefined,
    ],
    ['at eight', '2026-05-04T07:00:00Z', 'Europe/Lisbon', '2026-05-04'],
    ['late on Monday', '2026-05-04T22:00:00Z', 'Europe/Lisbon', '2026-05-04'],
    [
      'almost a day late',
      '2026-05-05T06:59:00Z',
      'Europe/Lisbon',
      '2026-05-04',
    ],
    ['too late', '2026-05-05T08:00:00Z', 'Europe/Lisbon', undefined],
    [
      'on Monday in Auckland, Sunday in UTC',
      '2026-05-03T20:30:00Z',
      'Pacific/Auckland',
      '2026-05-04',
    ],
    [
      'on Monday in UTC, still Sunday in Honolulu',
      '2026-05-04T09:00:00Z',
      'Pacific/Honolulu',
      undefined,
    ],
    // Lisbon moves from UTC to UTC+1 on Sunday 2026-03-29 and back on Sunday 2026-10-25.
    [
      'the Monday before summer time',
      '2026-03-23T08:00:00Z',
      'Europe/Lisbon',
      '2026-03-23',
    ],
    [
      'eight o’clock is an hour earlier after it begins',
      '2026-03-30T07:00:00Z',
      'Europe/Lisbon',
      '2026-03-30',
    ],
    ['and not yet at six', '2026-03-30T06:59:00Z', 'Europe/Lisbon', undefined],
    [
      'back in winter, not at seven',
      '2026-10-26T07:59:00Z',
      'Europe/Lisbon',
      undefined,
    ],
    ['but at eight', '2026-10-26T08:00:00Z', 'Europe/Lisbon', '2026-10-26'],
  ])('%s', (_, now, timeZone, expected) => {
    expect(due(now, timeZone)).toBe(expected);
  });

  it('leaves out what was due before it was asked for', () => {
    const now = '2026-05-04T08:00:00Z';
    expect(due(now, 'UTC', '2026-05-04T07:59:00Z')).toBe('2026-05-04');
    expect(due('2026-05-04T09:00:00Z', 'UTC', '2026-05-04T08:01:00Z')).toBe(
      undefined,
    );
  });

  it.each([
    [
      'a week and the four before',
      '2026-05-04T09:00:00Z',
      {
        window: {
          from: '2026-04-26T23:00:00.000Z',
          to: '2026-05-03T23:00:00.000Z',
        },
        compare: {
          from: '2026-03-29T23:00:00.000Z',
          to: '2026-04-26T23:00:00.000Z',
        },
      },
    ],
    [
      'of days, though one of them had 23 hours',
      '2026-03-30T09:00:00Z',
      {
        window: {
          from: '2026-03-23T00:00:00.000Z',
          to: '2026-03-29T23:00:00.000Z',
        },
        compare: {
          from: '2026-02-23T00:00:00.000Z',
          to: '2026-03-23T00:00:00.000Z',
        },
      },
    ],
  ])('is about %s', (_, now, expected) => {
    expect(
      digestDue(
        { timeZone: 'Europe/Lisbon', createdAt: LONG_AGO },
        Date.parse(now),
        DAY,
      ),
    ).toMatchObject(expected);
  });

  it.each(['Europe/Lisbon', 'Australia/Lord_Howe'])(
    'is due once in each week of a year in %s, asked every two hours',
    timeZone => {
      const dates = new Set<string>();
      let changes = 0;
      let last: string | undefined;
      const begin = Date.parse('2026-01-01T12:00:00Z');
      for (let now = begin; now < begin + 364 * DAY; now += 2 * HOUR) {
        const date = digestDue(
          { timeZone, createdAt: LONG_AGO },
          now,
          8 * DAY,
        )!.date;
        changes += date === last ? 0 : 1;
        last = date;
        dates.add(date);
      }
      // Each comes once and never again after another.
      expect(changes).toBe(dates.size);
      expect(dates.size).toBe(53);
    },
  );
});

describe('watchDue', () => {
  it.each([
    ['2026-05-04T04:59:00Z', undefined],
    ['2026-05-04T05:00:00Z', '2026-05-04'],
    ['2026-05-04T22:59:00Z', '2026-05-04'],
    ['2026-05-04T23:30:00Z', undefined],
  ])('at %s in Lisbon', (now, expected) => {
    expect(watchDue({ timeZone: 'Europe/Lisbon' }, Date.parse(now))?.date).toBe(
      expected,
    );
  });

  it('is about 28 whole days and the 28 before', () => {
    expect(
      watchDue({ timeZone: 'UTC' }, Date.parse('2026-05-29T12:00:00Z')),
    ).toEqual({
      date: '2026-05-29',
      window: {
        from: '2026-05-01T00:00:00.000Z',
        to: '2026-05-29T00:00:00.000Z',
      },
      compare: {
        from: '2026-04-03T00:00:00.000Z',
        to: '2026-05-01T00:00:00.000Z',
      },
    });
  });
});
