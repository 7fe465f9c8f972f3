import './dom.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportError, reportUncaughtErrors } from '../src/errors.js';
import { reportVitals } from '../src/vitals.js';
import { catchBeacons } from './dom.js';

const bodies = (sent: { body: Blob }[]) =>
  Promise.all(sent.map(async ({ body }) => JSON.parse(await body.text()) as Record<string, unknown>));

test('what nobody catches is reported, and no more than ten times', async () => {
  const sent = catchBeacons();
  reportUncaughtErrors();
  window.dispatchEvent(new window.ErrorEvent('error', { error: new Error('outside'), message: 'outside' }));
  for (let i = 0; i < 20; i += 1) {
    reportError('promise', 'x'.repeat(9000));
  }
  const reports = await bodies(sent);
  assert.equal(reports.length, 10);
  assert.deepEqual([reports[0]?.kind, reports[0]?.message], ['script', 'outside']);
  assert.deepEqual([reports[1]?.kind, String(reports[1]?.message).length], ['promise', 500]);
});

test('vitals are sent once, when the page is hidden, for the sampled share of loads', async () => {
  const sent = catchBeacons();
  let state = 'visible';
  Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
  Object.defineProperty(window, 'matchMedia', { configurable: true, value: () => ({ matches: true }) });
  const change = () => document.dispatchEvent(new window.Event('visibilitychange'));

  reportVitals({ vitalsSampleRate: 0.5 }, () => 0.5);
  reportVitals({ vitalsSampleRate: 0.5 }, () => 0.4);
  change();
  assert.equal(sent.length, 0);
  state = 'hidden';
  change();
  change();
  assert.deepEqual(await bodies(sent), [{ page: '/', device: 'phone' }]);
  assert.equal(sent[0]?.url, '/v1/vitals');
});
