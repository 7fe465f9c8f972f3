// Runs against a deployed application: `BASE_URL=http://… node --test acceptance/`.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const baseUrl = process.env.BASE_URL;
assert.ok(baseUrl, 'BASE_URL names the deployment to test');
const get = path => fetch(new URL(path, baseUrl), { signal: AbortSignal.timeout(5000) });
const page = await (await get('/')).text();

test('every script and style of the page is there, kept for a year, and small on the way', async () => {
  const assets = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(match => match[1]);
  assert.ok(assets.some(asset => asset.endsWith('.js')) && assets.some(asset => asset.endsWith('.css')));
  for (const asset of assets) {
    const response = await get(asset);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('cache-control'), /immutable/);
    assert.match(response.headers.get('content-encoding') ?? '', /br|gzip/);
  }
});

test('only scripts of this answer may run', async () => {
  const response = await get('/about');
  assert.equal(response.status, 200);
  const policy = response.headers.get('content-security-policy');
  assert.match(policy, /script-src 'nonce-[^']+' 'strict-dynamic'/);
  assert.doesNotMatch(policy, /unsafe/);
  for (const [script] of (await response.text()).matchAll(/<script[^>]*>/g)) {
    assert.match(script, / src="/);
    assert.match(script, / nonce="/);
  }
});

test('answers an unknown path of the interface with a clear error', async () => {
  const response = await get('/v1/nowhere');
  assert.equal(response.status, 404);
  assert.equal((await response.json()).error.message, 'Not found');
});

test('counts what browsers measure', async () => {
  // Above zero: the series is there from the start.
  const counted = /^web_vitals_lcp_seconds_count\{(?=[^}]*page="\/")(?=[^}]*device="desktop")[^}]*\} [1-9]/m;
  // Each replica counts for itself, and a balancer may ask another one than it sent the report to: both are done again then.
  let metrics = '';
  for (let attempts = 0; attempts < 10 && !counted.test(metrics); attempts += 1) {
    const sent = await fetch(new URL('/v1/vitals', baseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ page: '/', device: 'desktop', lcp: 0.1 }),
      signal: AbortSignal.timeout(5000),
    });
    assert.equal(sent.status, 204);
    metrics = await (await get('/metrics')).text();
  }
  assert.match(metrics, counted);
});
