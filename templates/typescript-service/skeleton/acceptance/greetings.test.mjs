// Runs against a deployed service: `BASE_URL=http://… node --test acceptance/`.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const baseUrl = process.env.BASE_URL;
assert.ok(baseUrl, 'BASE_URL names the deployment to test');
const get = path => fetch(new URL(path, baseUrl), { signal: AbortSignal.timeout(5000) });

test('greets a caller by name', async () => {
  const response = await get('/v1/greetings/ada');
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { greeting: 'Hello, ada!' });
});

test('answers an unknown path with a clear error', async () => {
  const response = await get('/v1/nowhere');
  assert.equal(response.status, 404);
  assert.equal((await response.json()).error.message, 'Not found');
});

test('counts the requests it answered', async () => {
  const counted =
    /^http_requests_total\{(?=[^}]*method="GET")(?=[^}]*route="\/v1\/greetings\/:name")(?=[^}]*status="200")[^}]*\} [1-9]/m;
  // Each replica counts for itself, and a balancer may ask another one than it sent the request to: both are done again then.
  let metrics = '';
  for (let attempts = 0; attempts < 20 && !counted.test(metrics); attempts += 1) {
    await (await get('/v1/greetings/ada')).text();
    metrics = await (await get('/metrics')).text();
  }
  assert.match(metrics, counted);
});
