import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadPathError, matchRoute, toEvent, toResponse } from '../local/gateway.js';

const ROUTES = ['GET /v1/things/{id}', 'GET /v1/things/new', 'ANY /v1/things/{id}', 'POST /files/{path+}'];

const matched: [string, string, string | undefined, Record<string, string>][] = [
  ['GET', '/v1/things/7', 'GET /v1/things/{id}', { id: '7' }],
  ['GET', '/v1/things/new', 'GET /v1/things/new', {}],
  ['PUT', '/v1/things/7', 'ANY /v1/things/{id}', { id: '7' }],
  ['GET', '/v1/things/Jos%C3%A9%20B', 'GET /v1/things/{id}', { id: 'José B' }],
  ['GET', '/v1/things/', undefined, {}],
  ['GET', '/v1/things/7/parts', undefined, {}],
  ['POST', '/files/a/b', 'POST /files/{path+}', { path: 'a/b' }],
  ['GET', '/files/a/b', undefined, {}],
];
for (const [method, path, routeKey, pathParameters] of matched) {
  test(`${method} ${path} is for ${routeKey ?? 'nobody'}`, () => {
    assert.deepEqual(matchRoute(ROUTES, method, path), routeKey && { routeKey, pathParameters });
  });
}

test('what no route takes goes to $default, where there is one', () => {
  assert.deepEqual(matchRoute([...ROUTES, '$default'], 'GET', '/x'), { routeKey: '$default', pathParameters: {} });
});

test('a path that cannot be decoded is refused', () => {
  assert.throws(() => matchRoute(ROUTES, 'GET', '/v1/things/%zz'), BadPathError);
});

test('an event says what the request said, in format 2.0', () => {
  const event = toEvent(
    {
      method: 'POST',
      url: '/v1/things/7?a=1&a=2&b=%20',
      headers: { host: 'example.org', cookie: 'x=1; y=2', 'content-type': 'application/json', 'x-many': 'one, two' },
      body: Buffer.from('{"a":1}'),
      sourceIp: '192.0.2.1',
      requestId: 'r-1',
      at: new Date(0),
    },
    { routeKey: 'POST /v1/things/{id}', pathParameters: { id: '7' } },
  );
  assert.equal(event.version, '2.0');
  assert.equal(event.rawPath, '/v1/things/7');
  assert.equal(event.rawQueryString, 'a=1&a=2&b=%20');
  assert.deepEqual(event.queryStringParameters, { a: '1,2', b: ' ' });
  assert.deepEqual(event.cookies, ['x=1', 'y=2']);
  assert.equal(event.headers.cookie, undefined);
  assert.equal(event.body, '{"a":1}');
  assert.equal(event.isBase64Encoded, false);
  assert.deepEqual(event.pathParameters, { id: '7' });
  assert.equal(event.requestContext.http.sourceIp, '192.0.2.1');
});

test('bytes that are no text are encoded', () => {
  const event = toEvent(
    {
      method: 'POST',
      url: '/',
      headers: { 'content-type': 'image/png' },
      body: Buffer.of(0, 255),
      sourceIp: '',
      requestId: '',
      at: new Date(0),
    },
    { routeKey: '$default', pathParameters: {} },
  );
  assert.equal(event.isBase64Encoded, true);
  assert.equal(event.body, 'AP8=');
});

test('a result with a status is that response, anything else the JSON of a 200', () => {
  assert.deepEqual(toResponse({ statusCode: 201, headers: { Location: '/x' }, cookies: ['a=1'], body: 'aGk=', isBase64Encoded: true }), {
    status: 201,
    headers: { location: '/x', 'set-cookie': ['a=1'] },
    body: Buffer.from('hi'),
  });
  const plain = toResponse({ ok: true });
  assert.equal(plain.status, 200);
  assert.equal(plain.body.toString(), '{"ok":true}');
});
