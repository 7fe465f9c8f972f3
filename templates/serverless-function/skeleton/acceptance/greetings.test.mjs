// Runs against a deployed function: `BASE_URL=http://… node --test acceptance/`.
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

test('refuses a name that is too long with a clear error', async () => {
  const response = await get(`/v1/greetings/${'x'.repeat(101)}`);
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), { error: { status: 400, message: 'A name has 1 to 100 characters' } });
});

test('lets nobody past the routes it has', async () => {
  assert.equal((await get('/v1/nowhere')).status, 404);
});
