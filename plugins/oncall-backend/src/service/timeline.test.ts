import type { Shift } from '@pavedroad/plugin-oncall-common';

import { uncovered, withNeighbours } from './timeline';

const day = (n: number) => `2026-06-${String(n).padStart(2, '0')}T00:00:00Z`;
const at = (n: number) => Date.parse(day(n));
const shift = (person: string, from: number, to: number, level = 1): Shift => ({
  person,
  level,
  from: day(from),
  to: day(to),
});

it.each`
  case                      | shifts                                  | gaps
  ${'nothing'}              | ${[]}                                   | ${[[1, 9]]}
  ${'all'}                  | ${[shift('a', 1, 9)]}                   | ${[]}
  ${'overlapping people'}   | ${[shift('a', 1, 5), shift('b', 2, 3)]} | ${[[5, 9]]}
  ${'a hole and both ends'} | ${[shift('a', 2, 3), shift('b', 5, 7)]} | ${[[1, 2], [3, 5], [7, 9]]}
`('finds what $case leaves uncovered', ({ shifts, gaps }) => {
  expect(uncovered(shifts, { from: at(1), to: at(9) })).toEqual(
    gaps.map(([from, to]: number[]) => ({ from: at(from), to: at(to) })),
  );
});

it('finds the neighbours across gaps, on the same level, all of them', () => {
  const found = withNeighbours(
    [
      shift('a', 1, 2),
      shift('b', 1, 2),
      shift('me', 2, 4),
      shift('z', 2, 4, 2),
      shift('c', 6, 8),
      shift('me', 8, 9),
    ],
    'me',
  );
  expect(found.map(({ previous, next }) => ({ previous, next }))).toEqual([
    { previous: ['a', 'b'], next: ['c'] },
    { previous: ['c'], next: [] },
  ]);
});
