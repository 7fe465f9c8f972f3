import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimit } from '../src/limits.js';
import { violationsIn } from '../src/routes/reports.js';
import { start } from './fixtures.js';

const post = (url: string, payload: unknown, headers: Record<string, string> = {}) => ({
  method: 'POST' as const,
  url,
  headers: { 'content-type': 'application/json', ...headers },
  payload: JSON.stringify(payload),
});
const vitals = { page: '/about', device: 'phone', lcp: 2.4, inp: 0.08, cls: 0.02 };

test('vitals become histograms, by page and device', async () => {
  const app = start();
  assert.equal((await app.inject(post('/v1/vitals', vitals))).statusCode, 204);
  assert.equal((await app.inject(post('/v1/vitals', { page: '/about/', device: 'phone', lcp: 2.6 }))).statusCode, 204);
  const { body } = await app.inject('/metrics');
  assert.match(body, /web_vitals_lcp_seconds_bucket\{le="2.5",[^}]*page="\/about",device="phone"\} 1/);
  assert.match(body, /web_vitals_lcp_seconds_count\{[^}]*page="\/about",device="phone"\} 2/);
  assert.match(body, /web_vitals_inp_seconds_count\{[^}]*\} 1/);
  assert.match(body, /web_vitals_cls_ratio_count\{[^}]*\} 1/);
});

test('however many paths are reported, the labels stay few', async () => {
  const app = start();
  for (let i = 0; i < 50; i += 1) {
    await app.inject(post('/v1/vitals', { ...vitals, page: `/orders/${i}` }));
    await app.inject(post('/v1/errors', { page: `/orders/${i}`, kind: 'script', message: 'no' }));
  }
  const { body } = await app.inject('/metrics');
  assert.deepEqual(new Set(Array.from(body.matchAll(/page="([^"]*)"/g), match => match[1])), new Set(['/', '/about', 'other']));
});

const refused: [string, unknown][] = [
  ['another device', { ...vitals, device: 'fridge' }],
  ['a page that is no path', { ...vitals, page: 'https://example.com/' }],
  ['a text where a number belongs', { ...vitals, lcp: '2.4' }],
  ['a negative time', { ...vitals, lcp: -1 }],
  ['a time beyond belief', { ...vitals, lcp: 1e9 }],
  ['a label of its own', { ...vitals, user: 'ada' }],
  ['nothing', {}],
];
for (const [what, payload] of refused) {
  test(`vitals with ${what} are refused and counted nowhere`, async () => {
    const app = start();
    assert.equal((await app.inject(post('/v1/vitals', payload))).statusCode, 400);
    assert.doesNotMatch((await app.inject('/metrics')).body, /web_vitals_lcp_seconds_count\{[^}]*\} [1-9]/);
  });
}

test('too many reports are refused and counted', async () => {
  const app = start();
  const statuses = await Promise.all(Array.from({ length: 260 }, async () => (await app.inject(post('/v1/vitals', vitals))).statusCode));
  assert.ok(statuses.includes(204) && statuses.includes(429));
  assert.match((await app.inject('/metrics')).body, /browser_reports_refused_total\{reason="rate",service="[^"]+",environment="test"\} \d/);
});

test("another site's reports are refused", async () => {
  const response = await start().inject(post('/v1/vitals', vitals, { 'sec-fetch-site': 'cross-site' }));
  assert.equal(response.statusCode, 403);
});

test('errors are counted, and logged with what the browser said', async () => {
  const lines: string[] = [];
  const app = start(lines);
  const report = { page: '/', kind: 'render', message: 'x is not a function', stack: 'at Greeting' };
  assert.equal((await app.inject(post('/v1/errors', report))).statusCode, 204);
  assert.match((await app.inject('/metrics')).body, /browser_errors_total\{page="\/",kind="render",service="[^"]+",environment="test"\} 1/);
  assert.ok(lines.some(line => line.includes('x is not a function') && line.includes('"page":"/"')));
});

test('violations of the policy are counted by directive and logged as security events, of either kind', async () => {
  const lines: string[] = [];
  const app = start(lines);
  const modern = [{ type: 'csp-violation', body: { effectiveDirective: 'script-src-elem', blockedURL: 'https://evil.example/x.js?q=secret' } }];
  const old = { 'csp-report': { 'violated-directive': 'worker-src', 'blocked-uri': 'inline' } };
  for (const [type, payload] of [
    ['application/reports+json', modern],
    ['application/csp-report', old],
  ] as const) {
    assert.equal((await app.inject(post('/v1/csp-reports', payload, { 'content-type': type }))).statusCode, 204);
  }
  const { body } = await app.inject('/metrics');
  assert.match(body, /csp_violations_total\{directive="script-src",service="[^"]+",environment="test"\} 1/);
  assert.match(body, /csp_violations_total\{directive="other",service="[^"]+",environment="test"\} 1/);
  assert.ok(lines.some(line => line.includes('"category":"security"') && line.includes('evil.example/x.js')));
  assert.ok(!lines.join('').includes('secret'));
});

test('what is no violation is none', () => {
  for (const body of [undefined, null, 7, [], {}, [null], [{ type: 'deprecation', body: {} }], { 'csp-report': 'x' }]) {
    assert.deepEqual(violationsIn(body), []);
  }
  assert.equal(violationsIn(Array.from({ length: 99 }, () => ({ 'csp-report': {} }))).length, 20);
});

test('a limit lets its burst through, then its rate', () => {
  let now = 0;
  const admit = createLimit(2, 3, () => now);
  assert.deepEqual([admit(), admit(), admit(), admit()], [true, true, true, false]);
  now += 1000;
  assert.deepEqual([admit(), admit(), admit()], [true, true, false]);
});
