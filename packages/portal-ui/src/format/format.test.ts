import { toCsv } from './csv';
import { formatDurationSeconds } from './duration';
import { formatPercent, formatPlural, formatRate } from './number';
import { formatDateTime, formatRelative } from './time';

describe('formatDurationSeconds', () => {
  it.each([
    [0, '0 s'],
    [0.4, '0 s'],
    [0.7, '1 s'],
    [38, '38 s'],
    [59.6, '1 min'],
    [60, '1 min'],
    [61, '1 min 1 s'],
    [3599.6, '1 h'],
    [8040, '2 h 14 min'],
    [86_399, '1 d'],
    [90_000, '1 d 1 h'],
    [864_000, '10 d'],
    [-8040, '−2 h 14 min'],
    [Number.NaN, 'unknown'],
  ])('reads %p seconds as %p', (seconds, text) => {
    expect(formatDurationSeconds(seconds)).toBe(text);
  });
});

describe('rates and counts', () => {
  it('says a rate with its counts', () => {
    expect(formatRate(3, 42)).toBe('3 of 42, 7.1 %');
    expect(formatRate(0, 0)).toBe('none of 0');
  });

  it.each([
    [0, '0 %'],
    [0.0714, '7.1 %'],
    [0.5, '50 %'],
    [1, '100 %'],
  ])('shows %p as %p', (rate, text) => {
    expect(formatPercent(rate, 'en-GB')).toBe(text);
  });

  it('puts the noun in the right number', () => {
    expect(formatPlural(1, 'deployment')).toBe('1 deployment');
    expect(formatPlural(2, 'deployment')).toBe('2 deployments');
    expect(formatPlural(0, 'repository', 'repositories')).toBe(
      '0 repositories',
    );
  });
});

describe('times', () => {
  it('shows an instant in the zone that is asked for', () => {
    expect(
      formatDateTime('2026-07-01T23:30:00Z', 'Europe/Lisbon', 'en-GB'),
    ).toBe('2 Jul 2026, 00:30');
  });

  it('survives what is no instant', () => {
    expect(formatDateTime('soon')).toBe('unknown time');
    expect(formatRelative('soon', new Date())).toBe('');
  });

  it.each([
    ['2026-07-01T09:00:00Z', '3 hours ago'],
    ['2026-07-03T12:00:00Z', 'in 2 days'],
    // The day after tomorrow.
    ['2026-07-03T10:00:00Z', 'in 46 hours'],
    ['2026-06-30T11:00:00Z', '25 hours ago'],
    ['2026-07-14T12:00:00Z', 'in 13 days'],
    ['2026-06-16T12:00:00Z', '2 weeks ago'],
    ['2025-07-01T12:00:00Z', '11 months ago'],
    ['2026-07-01T12:00:00Z', 'now'],
  ])('puts %p in words', (instant, text) => {
    expect(
      formatRelative(instant, new Date('2026-07-01T12:00:00Z'), 'en'),
    ).toBe(text);
  });
});

describe('toCsv', () => {
  it('quotes what needs it and keeps columns in order', () => {
    expect(
      toCsv([
        { a: 'x,y', b: 1 },
        { b: 2, c: 'say "hi"' },
      ]),
    ).toBe('a,b,c\r\n"x,y",1,\r\n,2,"say ""hi"""\r\n');
  });

  it('disarms text that a spreadsheet would run, and leaves numbers alone', () => {
    expect(toCsv([{ a: '=1+1', b: -3 }])).toBe("a,b\r\n'=1+1,-3\r\n");
  });
});
