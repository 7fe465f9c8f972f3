import { createApp } from './app.js';
import { type Config, ConfigError, loadConfig, SERVICE_NAME } from './config.js';
import { createFlags } from './flags.js';
import { createLogger } from './logger.js';
import { createMetrics } from './metrics.js';
import { shutDown } from './shutdown.js';
import { loadSite } from './site.js';
import { startTracing } from './tracing.js';

function readConfig(): Config {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`${JSON.stringify({ level: 'fatal', msg: 'invalid configuration', problems: error.problems })}\n`);
      process.exit(78); // EX_CONFIG
    }
    throw error;
  }
}

const config = readConfig();
const logger = createLogger(config);
const tracing = startTracing(config);
const flags = await createFlags(config.flagsOn, SERVICE_NAME);
const site = await loadSite(new URL('../web/', import.meta.url));
const app = createApp({ config, flags, logger, metrics: createMetrics(config), site });

let stopping = false;
const stop = async (reason: string): Promise<void> => {
  if (stopping) {
    return;
  }
  stopping = true;
  logger.info({ reason }, 'stopping');
  const code = await shutDown({
    delayMs: config.shutdownDelayMs,
    graceMs: config.shutdownGraceMs,
    drain: () => app.drain(),
    close: async () => {
      await app.close();
      // Buffered spans are worth a try, not a failed shutdown.
      await tracing.shutdown().catch((err: unknown) => logger.warn({ err }, 'traces not flushed'));
    },
  });
  logger.info({ code }, 'stopped');
  logger.flush(() => process.exit(code));
};

process.on('SIGTERM', () => void stop('SIGTERM'));
process.on('SIGINT', () => void stop('SIGINT'));

await app.listen({ host: config.host, port: config.port });
