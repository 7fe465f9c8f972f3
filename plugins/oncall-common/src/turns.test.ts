import { turnsOf } from './turns';
import type { Shift } from './types';

const ann = (from: string, to: string, source: Partial<Shift> = {}): Shift => ({
  person: 'ann',
  level: 1,
  layer: 1,
  turn: 7,
  from: `2026-06-${from}:00Z`,
  to: `2026-06-${to}:00Z`,
  ...source,
});
const first = ann('01T09:00', '01T12:00');
const second = ann('01T13:00', '08T09:00');

it.each<[string, Shift[], number]>([
  ['a turn that a deputy interrupts', [first, second], 1],
  ['its pieces in another order', [second, first], 1],
  [
    'a restricted turn, over a weekend',
    [first, ann('04T18:00', '05T09:00')],
    1,
  ],
  [
    'two turns that touch',
    [first, ann('01T12:00', '02T09:00', { turn: 8 })],
    2,
  ],
  [
    'a number that comes again after an edit',
    [first, ann('20T09:00', '21T09:00')],
    2,
  ],
  ['two levels', [first, ann('01T13:00', '02T09:00', { level: 2 })], 2],
  ['two people', [first, ann('01T13:00', '02T09:00', { person: 'bob' })], 2],
  [
    'the own turn and time as a stand-in',
    [first, ann('01T13:00', '02T09:00', { override: 'o', replaces: 'bob' })],
    2,
  ],
  [
    'a stand-in whom a deputy interrupts',
    [
      ann('01T09:00', '01T12:00', { override: 'o', replaces: 'bob' }),
      ann('01T13:00', '02T09:00', { override: 'o', replaces: 'bob' }),
    ],
    1,
  ],
  [
    'people who take no turns',
    [first, second].map(({ turn: _, ...fixed }) => fixed),
    2,
  ],
])('counts %s', (_, shifts, expected) => {
  expect(turnsOf(shifts)).toHaveLength(expected);
});

it('joins what it is told are pieces', () => {
  const fixed = [first, second].map(({ turn: _, ...rest }) => rest);
  expect(turnsOf(fixed, () => true)).toHaveLength(1);
  expect(turnsOf([first, second], () => false)).toHaveLength(2);
});

it('says when a turn began and ends', () => {
  expect(turnsOf([second, first])).toEqual([
    {
      from: Date.parse(first.from),
      to: Date.parse(second.to),
      pieces: [first, second],
    },
  ]);
});
