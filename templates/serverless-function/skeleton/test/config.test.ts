import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../src/config.js';
import { FLAGS_ON } from '../src/flags-on.js';

test('every variable is optional', () => {
  assert.deepEqual(loadConfig({}), {
    logLevel: 'info',
    environment: 'development',
    version: 'development',
    otlpEndpoint: undefined,
    flagsOn: [],
  });
});

const refused: [NodeJS.ProcessEnv, RegExp][] = [
  [{ LOG_LEVEL: 'loud' }, /LOG_LEVEL/],
  [{ FEATURE_FLAGS: 'longer-greeting,shorter' }, /FEATURE_FLAGS.*shorter/],
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

test('FEATURE_FLAGS names the flags that are on, instead of those of the environment', () => {
  for (const environment of ['development', 'staging', 'production']) {
    const env = { DEPLOYMENT_ENVIRONMENT: environment };
    assert.deepEqual(loadConfig(env).flagsOn, FLAGS_ON[environment] ?? []);
    assert.deepEqual(loadConfig({ ...env, FEATURE_FLAGS: ' longer-greeting ,' }).flagsOn, ['longer-greeting']);
    assert.deepEqual(loadConfig({ ...env, FEATURE_FLAGS: '' }).flagsOn, []);
  }
});
