import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createApp } from '../src/app.js';
import { createFlags } from '../src/flags.js';
import { createLogger } from '../src/logger.js';
import { createMetrics } from '../src/metrics.js';
import { createTracing } from '../src/tracing.js';
import { eventOf } from './event.js';

const config = { version: '1.2.3+abc', environment: 'test', logLevel: 'info' as const, otlpEndpoint: undefined };
const flags = await createFlags([], 'app');
const tracing = createTracing(config, () => undefined);

function start(lines: string[] = []) {
  const write = (line: string) => void lines.push(line);
  return createApp({ config, flags, logger: createLogger(config, write), metrics: createMetrics(config, write), tracing });
}

type Line = Record<string, unknown>;
const parse = (lines: string[]) => lines.map(line => JSON.parse(line) as Line);

test('the gateway is told the routes there are, and no others', () => {
  const told = JSON.parse(readFileSync('routes.json', 'utf8')) as string[];
  assert.deepEqual(told.toSorted(), Object.keys(start().routes).sort());
});

test('/healthz says which version is alive', async () => {
  const { statusCode, body } = await start().handler(eventOf('GET /healthz'));
  assert.equal(statusCode, 200);
  assert.deepEqual(JSON.parse(body ?? ''), { status: 'ok', version: '1.2.3+abc' });
});

test('counts requests by route, not by path, and leaves the probes out', async () => {
  const lines: string[] = [];
  const app = start(lines);
  await app.handler(eventOf('GET /v1/greetings/{name}', { pathParameters: { name: 'ada' } }));
  await app.handler(eventOf('GET /healthz'));
  const counted = parse(lines).filter(line => '_aws' in line);
  assert.equal(counted.length, 1);
  assert.equal(counted[0]?.route, '/v1/greetings/{name}');
  assert.equal(counted[0]?.status, '200');
  assert.equal(counted[0]?.http_requests_total, 1);
  assert.equal(typeof counted[0]?.http_request_duration_seconds, 'number');
});

test('a route nobody declared is a 404 in the error shape', async () => {
  const { statusCode, body } = await start().handler(eventOf('GET /constructor'));
  assert.equal(statusCode, 404);
  assert.deepEqual(JSON.parse(body ?? ''), { error: { status: 404, message: 'Not found' } });
});

test('an unexpected error is logged and not shown to the caller', async () => {
  const lines: string[] = [];
  const app = start(lines);
  (app.routes as Record<string, unknown>)['GET /boom'] = () => {
    throw new Error('the password is hunter2');
  };
  const { statusCode, body } = await app.handler(eventOf('GET /boom'));
  assert.equal(statusCode, 500);
  assert.doesNotMatch(body ?? '', /hunter2/);
  assert.ok(lines.some(line => line.includes('hunter2')));
});

for (const base64 of [false, true]) {
  test(`a body over the limit is refused, counted and logged as a security event${base64 ? ', encoded too' : ''}`, async () => {
    const lines: string[] = [];
    const body = 'x'.repeat(70_000);
    const event = { body: base64 ? Buffer.from(body).toString('base64') : body, isBase64Encoded: base64 };
    const { statusCode } = await start(lines).handler(eventOf('GET /v1/greetings/{name}', event));
    assert.equal(statusCode, 413);
    const written = parse(lines);
    assert.ok(written.some(line => line.security_events_total === 1 && line.event === 'payload_too_large'));
    assert.ok(written.some(line => line.category === 'security'));
  });
}

test("log lines are JSON and carry the caller's trace id", async () => {
  const lines: string[] = [];
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  await start(lines).handler(eventOf('GET /v1/greetings/{name}', { headers, pathParameters: { name: 'ada' } }));
  const line = parse(lines).find(l => l.msg === 'request');
  assert.equal(line?.trace_id, traceId);
  assert.equal(line?.level, 'info');
  assert.equal(line?.route, '/v1/greetings/{name}');
});

test("without a caller's trace, lines carry the one of X-Ray", async () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const header = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
  const app = createApp({
    config,
    flags,
    logger: createLogger(config, write),
    metrics: createMetrics(config, write),
    tracing: createTracing(config, () => header),
  });
  await app.handler(eventOf('GET /v1/greetings/{name}', { pathParameters: { name: 'ada' } }));
  assert.ok(parse(lines).some(line => line.trace_id === '5759e988bd862e3fe1be46a994272793'));
});
