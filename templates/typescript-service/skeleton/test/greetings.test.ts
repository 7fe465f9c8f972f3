import assert from 'node:assert/strict';
import { test } from 'node:test';
import Fastify from 'fastify';
import { greetings } from '../src/routes/greetings.js';

const app = Fastify();
app.register(greetings);

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
