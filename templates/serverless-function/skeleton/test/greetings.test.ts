import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpError } from '../src/http.js';
import { greet } from '../src/routes/greetings.js';
import { eventOf } from './event.js';

const ask = (name: string) => greet(eventOf('GET /v1/greetings/{name}', { pathParameters: { name } }));

for (const name of ['ada', 'José', 'a b', 'x'.repeat(100)]) {
  test(`greets ${name.slice(0, 10)}`, async () => {
    assert.deepEqual(await ask(name), { status: 200, body: { greeting: `Hello, ${name}!` } });
  });
}

for (const name of ['', 'x'.repeat(101)]) {
  test(`refuses a name of ${name.length} characters`, () => {
    assert.throws(() => ask(name), (error: unknown) => error instanceof HttpError && error.status === 400);
  });
}
