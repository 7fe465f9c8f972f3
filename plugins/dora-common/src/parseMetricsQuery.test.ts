import { parseMetricsQuery } from './parseMetricsQuery';
import { calendarBuckets, wholeWeeks } from './calendar';
import { environmentTier } from './derive/environments';
import { sha256Hex, domainEventId, attemptId } from './identity';

const now = Date.parse('2026-06-01T00:00:00Z');

describe('parseMetricsQuery', () => {
  it('defaults to 90 days of production, by week, against the 90 before', () => {
    expect(parseMetricsQuery({}, now)).toEqual({
      entityRef: undefined,
      from: Date.parse('2026-03-03T00:00:00Z'),
      to: now,
      compareFrom: Date.parse('2025-12-03T00:00:00Z'),
      compareTo: Date.parse('2026-03-03T00:00:00Z'),
      timeZone: 'UTC',
      interval: 'week',
      environment: 'production',
    });
  });

  it.each([
    ['2026-05-01', '2026-04-30T23:00:00.000Z'],
    ['2026-05-01T12:00', '2026-05-01T11:00:00.000Z'],
    ['2026-05-01T12:00:00Z', '2026-05-01T12:00:00.000Z'],
    ['2026-05-01T12:00:00-05:00', '2026-05-01T17:00:00.000Z'],
    ['2026-05-01T12:00:00 02:00', '2026-05-01T10:00:00.000Z'],
  ])('reads %s in Lisbon', (from, expected) => {
    const query = parseMetricsQuery({ from, timeZone: 'Europe/Lisbon' }, now);
    expect(new Date(query.from).toISOString()).toBe(expected);
  });

  // In Lisbon. From summer to winter it is an hour more than 1,100 times 24.
  const daily = (from: string, to: string) =>
    parseMetricsQuery(
      { from, to, interval: 'day', timeZone: 'Europe/Lisbon' },
      now,
    );
  it.each([
    ['2022-07-01', '2025-07-05'],
    ['2022-11-01', '2025-11-05'],
    ['2022-10-25', '2025-10-29'],
  ])('takes the 1,100 days from %s to %s', (from, to) => {
    expect(daily(from, to).interval).toBe('day');
  });

  it.each([
    ['2022-07-25', '2025-07-30'],
    ['2022-10-25', '2025-10-30'],
    ['2022-03-25', '2025-03-30'],
  ])('refuses the 1,101 days from %s to %s', (from, to) => {
    expect(() => daily(from, to)).toThrow(/longer than 1100 days/);
  });

  it.each([
    [{ from: '2026-05-01', to: '2026-05-01' }, /window is empty/],
    [{ from: '2026-05-02', to: '2026-05-01' }, /window is reversed/],
    [{ from: '1971-01-01', to: '2100-01-01' }, /longer than 3660 days/],
    [
      { from: '2020-01-01', to: '2026-01-01', interval: 'day' },
      /longer than 1100 days.*'week' or 'month'/,
    ],
    [{ from: '0001-01-01' }, /'from' is not a moment/],
    [{ to: '+275760-09-13' }, /'to' is not a moment/],
    [{ from: 'yesterday' }, /'from' is not a moment.*'yesterday'/],
    [{ from: '' }, /'from' is not a moment/],
    [{ from: '2026-02-30' }, /'from' is not a moment/],
    [{ timeZone: 'Mars/Olympus' }, /not a time zone.*'Mars\/Olympus'/],
    [{ timeZone: '+02:00' }, /not a time zone/],
    [{ interval: 'hour' }, /'interval' is 'hour'/],
    [{ compareFrom: '2026-01-01' }, /go together/],
    [
      { compareFrom: '2026-01-02', compareTo: '2026-01-01' },
      /'compareFrom' is after/,
    ],
    [{ environment: 'x'.repeat(300) }, /longer than 255/],
  ])('refuses %j', (parameters, message) => {
    expect(() => parseMetricsQuery(parameters, now)).toThrow(message);
    expect(() => parseMetricsQuery(parameters, now)).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });
});

describe('calendar', () => {
  const span = (from: string, to: string) => ({
    from: Date.parse(from),
    to: Date.parse(to),
  });
  const hours = (spans: { from: number; to: number }[]) =>
    spans.map(s => (s.to - s.from) / 3_600_000);

  it.each([
    [
      'Europe/Lisbon',
      '2026-03-28T00:00:00Z',
      '2026-03-30T23:00:00Z',
      [24, 23, 24],
    ],
    [
      'Europe/Lisbon',
      '2026-10-23T23:00:00Z',
      '2026-10-27T00:00:00Z',
      [24, 25, 24],
    ],
    [
      'Australia/Lord_Howe',
      '2026-04-03T13:00:00Z',
      '2026-04-05T13:30:00Z',
      [24, 24.5],
    ],
    ['Pacific/Apia', '2011-12-29T10:00:00Z', '2011-12-31T10:00:00Z', [24, 24]],
    ['UTC', '2026-01-01T12:00:00Z', '2026-01-03T06:00:00Z', [12, 24, 6]],
  ])('days in %s from %s to %s', (zone, from, to, expected) => {
    const buckets = calendarBuckets(span(from, to), 'day', zone);
    expect(hours(buckets)).toEqual(expected);
    expect(buckets[0].from).toBe(Date.parse(from));
    expect(buckets[buckets.length - 1].to).toBe(Date.parse(to));
  });

  it('cuts months and weeks to the window', () => {
    const window = span('2026-01-15T00:00:00Z', '2026-03-02T00:00:00Z');
    expect(hours(calendarBuckets(window, 'month', 'UTC'))).toEqual([
      17 * 24,
      28 * 24,
      24,
    ]);
    expect(hours(calendarBuckets(window, 'week', 'UTC'))).toEqual([
      96, 168, 168, 168, 168, 168, 168,
    ]);
    expect(wholeWeeks(window, 'UTC')).toHaveLength(6);
  });
});

describe('environmentTier', () => {
  it.each([
    ['production', 'production'],
    [' Prod ', 'production'],
    ['eu-prod-1', 'production'],
    ['live', 'production'],
    ['pre-prod', 'staging'],
    ['preproduction', 'staging'],
    ['non-prod', 'testing'],
    ['reproduction', 'reproduction'],
    ['QA', 'testing'],
    ['eu-west', 'eu-west'],
  ])('of %j is %s', (name, tier) => {
    expect(environmentTier(name)).toBe(tier);
  });

  it('is what configuration says', () => {
    expect(environmentTier('EU-West', { 'eu-west': 'Production' })).toBe(
      'production',
    );
  });
});

describe('identity', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'a'.repeat(119),
      '31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb',
    ],
  ])('sha256Hex(%j)', (text, expected) => {
    expect(sha256Hex(text)).toBe(expected);
  });

  it('follows from what an event says, not from how it came', () => {
    const event = {
      type: 'release_tag',
      tag: 'v1',
      revision: 'a',
      releasedAt: 'x',
    } as const;
    const other = {
      releasedAt: 'x',
      revision: 'a',
      tag: 'v1',
      type: 'release_tag',
      provenance: { source: 'git' },
    } as const;
    expect(domainEventId(event)).toBe(domainEventId(other));
    expect(attemptId('a', 'b', 'c')).not.toBe(attemptId('a', 'bc', ''));
  });
});
