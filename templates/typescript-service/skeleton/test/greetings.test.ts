import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { createFlags } from '../src/flags.js';
import { greetings } from '../src/routes/greetings.js';

const app = Fastify();
app.register(greetings, { flags: await createFlags([], 'all off') });

const greeted: [string, string][] = [
  ['ada', 'Hello, ada!'],
  ['Jos%C3%A9', 'Hello, José!'],
  ['a%20b', 'Hello, a b!'],
];
for (const [path, greeting] of greeted) {
  test(`greets ${path}`, async () => {
    const response = await app.inject(`/greetings/${path}`);
    assert.equal(response.statusCode, 200);
    assert.deepEqual(response.json(), { greeting });
  });
}

for (const path of ['', 'x'.repeat(101)]) {
  test(`refuses a name of ${path.length} characters`, async () => {
    const response = await app.inject(`/greetings/${path}`);
    assert.equal(response.statusCode, path === '' ? 400 : 414);
  });
}

test('says more when the flag longer-greeting is on', async () => {
  const flagged = Fastify();
  flagged.register(greetings, { flags: await createFlags(['longer-greeting'], 'longer-greeting on') });
  const response = await flagged.inject('/greetings/ada');
  assert.deepEqual(response.json(), { greeting: 'Hello, ada! Nice to meet you.' });
});
