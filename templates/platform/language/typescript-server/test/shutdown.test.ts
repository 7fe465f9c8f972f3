import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { shutDown } from '../src/shutdown.js';

test('drains first, serves through the delay, then closes', async () => {
  const steps: string[] = [];
  const code = await shutDown({
    delayMs: 30,
    graceMs: 5000,
    drain: () => steps.push('drain'),
    close: async () => {
      steps.push('close');
    },
  });
  assert.equal(code, 0);
  assert.deepEqual(steps, ['drain', 'close']);
});

test('gives up after the grace period', async () => {
  const code = await shutDown({ delayMs: 0, graceMs: 30, drain: () => {}, close: () => sleep(200) });
  assert.equal(code, 1);
});

test('a failing close is a failed shutdown', async () => {
  const code = await shutDown({ delayMs: 0, graceMs: 5000, drain: () => {}, close: () => Promise.reject(new Error('stuck')) });
  assert.equal(code, 1);
});
