import { createApp } from './app.js';
import { loadConfig, SERVICE_NAME } from './config.js';
import { createFlags } from './flags.js';
import { createLogger } from './logger.js';
import { createMetrics } from './metrics.js';
import { createTracing } from './tracing.js';

// Once for each environment Lambda starts. An invalid configuration throws here, so that such a version never takes a request.
const config = loadConfig(process.env);

export const { handler } = createApp({
  config,
  flags: await createFlags(config.flagsOn, SERVICE_NAME),
  logger: createLogger(config),
  metrics: createMetrics(config),
  tracing: createTracing(config),
});
