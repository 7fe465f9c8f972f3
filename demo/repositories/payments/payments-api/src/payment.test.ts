import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancel, capture, type Payment } from './payment.ts';

const authorised: Payment = {
  id: 'p-1',
  order: 'o-1',
  authorisedCents: 5_000,
  capturedCents: 0,
  state: 'authorised',
};

test('captures what was packed', () => {
  assert.equal(capture(authorised, 4_720).capturedCents, 4_720);
});

test('never captures more than was authorised', () => {
  assert.throws(() => capture(authorised, 5_001), RangeError);
});

test('captures once', () => {
  assert.throws(() => capture(capture(authorised, 1), 1), RangeError);
});

test('leaves a captured payment alone when it is cancelled late', () => {
  assert.equal(cancel(capture(authorised, 10)).state, 'captured');
});
