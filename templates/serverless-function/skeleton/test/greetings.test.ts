import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFlags } from '../src/flags.js';
import { HttpError } from '../src/http.js';
import { greetings } from '../src/routes/greetings.js';
import { eventOf } from './event.js';

const flags = await createFlags([], 'all off');
const ask = (name: string, given = flags) => greetings(given)(eventOf('GET /v1/greetings/{name}', { pathParameters: { name } }));

for (const name of ['ada', 'José', 'a b', 'x'.repeat(100)]) {
  test(`greets ${name.slice(0, 10)}`, async () => {
    assert.deepEqual(await ask(name), { status: 200, body: { greeting: `Hello, ${name}!` } });
  });
}

for (const name of ['', 'x'.repeat(101)]) {
  test(`refuses a name of ${name.length} characters`, async () => {
    await assert.rejects(async () => ask(name), (error: unknown) => error instanceof HttpError && error.status === 400);
  });
}

test('says more when the flag longer-greeting is on', async () => {
  const answer = await ask('ada', await createFlags(['longer-greeting'], 'longer-greeting on'));
  assert.deepEqual(answer.body, { greeting: 'Hello, ada! Nice to meet you.' });
});
