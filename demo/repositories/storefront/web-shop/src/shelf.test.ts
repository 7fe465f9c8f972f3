import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrangeShelf } from './shelf.ts';

const product = (id: string, available: number, soldLastWeek: number) => ({
  id,
  name: id,
  cents: 100,
  available,
  soldLastWeek,
});

test('what is sold out stands behind', () => {
  const shelf = arrangeShelf([product('pears', 0, 900), product('kale', 3, 1)]);
  assert.deepEqual(
    shelf.map(({ id }) => id),
    ['kale', 'pears'],
  );
});

test('equal products do not jump', () => {
  const shelf = arrangeShelf([product('a', 1, 5), product('b', 1, 5)]);
  assert.deepEqual(
    shelf.map(({ id }) => id),
    ['a', 'b'],
  );
});
