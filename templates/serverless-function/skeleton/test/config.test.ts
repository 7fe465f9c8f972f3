import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../src/config.js';

test('every variable is optional', () => {
  assert.deepEqual(loadConfig({}), {
    logLevel: 'info',
    environment: 'development',
    version: 'development',
    otlpEndpoint: undefined,
  });
});

const refused: [NodeJS.ProcessEnv, RegExp][] = [
  [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /OTEL_EXPORTER_OTLP_ENDPOINT/],
];
for (const [env, message] of refused) {
  test(`refuses ${JSON.stringify(env)}`, () => {
    assert.throws(() => loadConfig(env), message);
  });
}

test('names every problem at once', () => {
  assert.throws(
    () => loadConfig({ LOG_LEVEL: 'y', OTEL_EXPORTER_OTLP_ENDPOINT: 'x' }),
    (error: unknown) => error instanceof ConfigError && error.problems.length === 2,
  );
});
