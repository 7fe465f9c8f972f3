import { toCalendar, type FeedShift } from './calendar';

const shift: FeedShift = {
  person: 'user:default/ines',
  personName: 'Inês, Duarte',
  scheduleRef: 'oncallschedule:default/payments',
  scheduleTitle: `Payments; ${'é'.repeat(60)}`,
  level: 1,
  from: '2026-06-01T09:00:00+01:00',
  to: '2026-06-08T09:00:00+01:00',
};

it('writes shifts in UTC, escaped and folded, with lines of at most 75 octets', () => {
  const calendar = toCalendar('All', [shift], Date.UTC(2026, 0));
  expect(calendar).toContain('DTSTART:20260601T080000Z\r\n');
  expect(calendar).toContain('DTEND:20260608T080000Z\r\n');
  const lines = calendar.split('\r\n');
  expect(Math.max(...lines.map(l => Buffer.byteLength(l)))).toBeLessThanOrEqual(
    75,
  );
  expect(calendar.replace(/\r\n /g, '')).toContain(
    `SUMMARY:Inês\\, Duarte on call: Payments\\; ${'é'.repeat(60)}\\, level 1`,
  );
});

it('keeps the UID of a shift when only its end or the title moves', () => {
  const uid = (s: FeedShift) => /UID:(.*)\r/.exec(toCalendar('x', [s], 0))![1];
  expect(uid({ ...shift, to: '2026-06-05T09:00:00+01:00' })).toBe(uid(shift));
  expect(uid({ ...shift, from: '2026-06-01T08:00:00Z' })).toBe(uid(shift));
  expect(uid({ ...shift, scheduleTitle: 'By another name' })).toBe(uid(shift));
  expect(uid({ ...shift, level: 2 })).not.toBe(uid(shift));
  // Two teams may call their schedules the same.
  expect(
    uid({ ...shift, scheduleRef: 'oncallschedule:default/identity' }),
  ).not.toBe(uid(shift));
});
