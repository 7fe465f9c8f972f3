import { inLocalTime } from './words';

it.each([
  [
    'Jan is on call twice, first from 2026-11-24 06:00 (UTC+01:00)',
    'Jan is on call twice, first from 24 Nov 2026, 05:00 Europe/Lisbon',
  ],
  ['from 2026-11-21 11:43 (UTC)', 'from 21 Nov 2026, 11:43 Europe/Lisbon'],
  ['from 2026-13-41 11:43 (UTC)', 'from 2026-13-41 11:43 (UTC)'],
  ['release 2026-11-21', 'release 2026-11-21'],
])('reads %j on the clock of the reader', (text, read) => {
  expect(inLocalTime(text, 'Europe/Lisbon', 'en-GB')).toBe(read);
});
