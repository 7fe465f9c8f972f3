import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '../src/logger.js';
import { startTracing } from '../src/tracing.js';
import { config, start } from './fixtures.js';

test('/healthz says which version is alive', async () => {
  const response = await start().inject('/healthz');
  assert.equal(response.statusCode, 200);
  assert.deepEqual(response.json(), { status: 'ok', version: '1.2.3-abc' });
});

test('/readyz fails while draining, /healthz does not', async () => {
  const app = start();
  assert.equal((await app.inject('/readyz')).statusCode, 200);
  app.drain();
  assert.equal((await app.inject('/readyz')).statusCode, 503);
  assert.equal((await app.inject('/healthz')).statusCode, 200);
});

test('/metrics counts requests by route, not by path, and leaves the probes out', async () => {
  const app = start();
  await app.inject('/');
  await app.inject('/about?from=mail');
  await app.inject('/v1/nowhere');
  await app.inject({ method: 'POST', url: '/nowhere' });
  await app.inject('/healthz');
  const { body } = await app.inject('/metrics');
  assert.match(body, /http_requests_total\{method="GET",route="\/\*",status="200",service="[^"]+",environment="test"\} 2/);
  assert.match(body, /http_requests_total\{method="POST",route="unmatched",status="404",service="[^"]+",environment="test"\} 1/);
  assert.match(body, /http_request_duration_seconds_bucket\{le="0.3"/);
  assert.doesNotMatch(body, /route="\/healthz"/);
});

test('an unknown path is a 404 in the error shape', async () => {
  const response = await start().inject('/v1/nowhere');
  assert.equal(response.statusCode, 404);
  assert.deepEqual(response.json(), { error: { status: 404, message: 'Not found' } });
});

test('an unexpected error is logged and not shown to the caller', async () => {
  const lines: string[] = [];
  const app = start(lines);
  app.get('/boom', () => {
    throw new Error('the password is hunter2');
  });
  const response = await app.inject('/boom');
  assert.equal(response.statusCode, 500);
  assert.doesNotMatch(response.body, /hunter2/);
  assert.ok(lines.some(line => line.includes('hunter2')));
});

test('a body over the limit is refused, counted and logged as a security event', async () => {
  const lines: string[] = [];
  const app = start(lines);
  app.post('/echo', async request => request.body);
  const response = await app.inject({
    method: 'POST',
    url: '/echo',
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify({ text: 'x'.repeat(70_000) }),
  });
  assert.equal(response.statusCode, 413);
  assert.match((await app.inject('/metrics')).body, /security_events_total\{event="payload_too_large",service="[^"]+",environment="test"\} 1/);
  assert.ok(lines.some(line => line.includes('"category":"security"')));
});

test("log lines are JSON and carry the caller's trace id", async () => {
  const tracing = startTracing(config);
  const lines: string[] = [];
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  await start(lines).inject({
    url: '/about',
    headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  });
  const line = JSON.parse(lines.find(l => l.includes('"request"')) ?? '{}') as Record<string, unknown>;
  assert.equal(line.trace_id, traceId);
  assert.equal(line.level, 'info');
  assert.equal(line.route, '/*');
  await tracing.shutdown();
});

test('credentials in headers never reach the log', () => {
  const lines: string[] = [];
  createLogger(config, { write: line => lines.push(line) }).info({ req: { headers: { authorization: 'Bearer hunter2' } } });
  assert.equal(lines.length, 1);
  assert.doesNotMatch(lines.join(''), /hunter2/);
});
