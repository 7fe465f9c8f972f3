import { createApp } from './app.js';
import { loadConfig } from './config.js';
import { createLogger } from './logger.js';
import { createMetrics } from './metrics.js';
import { createTracing } from './tracing.js';

// Once for each environment Lambda starts. An invalid configuration throws here, so that such a version never takes a request.
const config = loadConfig(process.env);

export const { handler } = createApp({
  config,
  logger: createLogger(config),
  metrics: createMetrics(config),
  tracing: createTracing(config),
});
