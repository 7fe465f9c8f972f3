import { noticesOf } from './notices';

const HOUR = 3_600_000;
const at = (hour: number) => Date.parse('2026-06-01T00:00:00Z') + hour * HOUR;
const duty = (person: string, from: number, to: number) => ({
  person,
  scheduleRef: 'pay',
  level: 1,
  from: at(from),
  to: at(to),
});
const options = {
  author: 'user:default/ann',
  authorName: 'Ann',
  scheduleOf: () => ({ title: 'Pay', timeZone: 'Asia/Kolkata' }),
};

it('tells those who gain or lose time, but not the author or those without an account', () => {
  const notices = noticesOf(
    {
      gained: [duty('user:default/bob', 0, 8), duty('user:default/ann', 8, 9)],
      lost: [
        duty('user:default/cem', 0, 8),
        duty('mailto:x@example.com', 0, 1),
      ],
    },
    { ...options, reason: 'Wedding' },
  );
  expect(notices).toEqual([
    {
      recipient: 'user:default/bob',
      title: 'Your time on call changed: Pay',
      description:
        'You are on call on Pay (level 1) from 2026-06-01 05:30 to 2026-06-01 13:30 (Asia/Kolkata).\nAnn made this change: Wedding',
    },
    {
      recipient: 'user:default/cem',
      title: 'Your time on call changed: Pay',
      description:
        'You are no longer on call on Pay (level 1) from 2026-06-01 05:30 to 2026-06-01 13:30 (Asia/Kolkata).\nAnn made this change: Wedding',
    },
  ]);
});

it('counts times beyond the first five, and says when a change is taken back', () => {
  const [{ description }] = noticesOf(
    {
      gained: [1, 2, 3, 4, 5, 6, 7].map(n =>
        duty('user:default/bob', n * 24, n * 24 + 1),
      ),
      lost: [],
    },
    { ...options, undone: true },
  );
  const lines = description.split('\n');
  expect(lines).toHaveLength(7);
  expect(lines.slice(5)).toEqual([
    'You are on call at 2 more times.',
    'Ann took a change back.',
  ]);
});
