import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, LogController } from 'fastify';
import type { RuntimeConfig } from '../shared/runtimeConfig.js';
import { createBrowserMetrics } from './browserMetrics.js';
import type { Config } from './config.js';
import { FLAGS, type Flags } from './flags.js';
import { createLimit } from './limits.js';
import type { Metrics, SecurityEvent } from './metrics.js';
import { pages } from './routes/pages.js';
import { reports } from './routes/reports.js';
import { COMMON_HEADERS, NO_CONTENT_POLICY } from './securityHeaders.js';
import type { Site } from './site.js';
import { traceRequests } from './tracing.js';

export type AppOptions = {
  config: Pick<Config, 'environment' | 'supportUrl' | 'version' | 'vitalsSampleRate'>;
  flags: Flags;
  logger: FastifyBaseLogger;
  metrics: Metrics;
  site: Site;
};

export type App = FastifyInstance & {
  /** From now on the service is not ready; it still answers. */
  drain(): void;
};

/** Largest request body accepted, in bytes. */
const BODY_LIMIT = 64 * 1024;

/** Reports of browsers a replica takes: on average in a second, and at once. */
const REPORTS_PER_SECOND = 50;
const REPORTS_AT_ONCE = 200;

const SECURITY_EVENTS: Readonly<Record<number, SecurityEvent>> = {
  400: 'malformed_request',
  401: 'unauthorized',
  403: 'unauthorized',
  413: 'payload_too_large',
};

/** The whole HTTP service, without a socket: tests inject requests into it. */
export function createApp(options: AppOptions): App {
  const { config, flags, logger, metrics, site } = options;
  let draining = false;

  const app = Fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 10_000,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Between "told to stop" and "stopped", requests already on their way are served, not refused.
    return503OnClosing: false,
    // What browsers report is taken as it is or not at all.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });

  traceRequests(app);
  metrics.observeRequests(app);

  app.addHook('onSend', async (_request, reply) => {
    reply.headers({ ...COMMON_HEADERS });
    if (!reply.hasHeader('cache-control')) {
      reply.header('cache-control', 'no-store');
    }
    if (!reply.hasHeader('content-security-policy')) {
      reply.header('content-security-policy', NO_CONTENT_POLICY);
    }
    if (draining) {
      reply.header('connection', 'close');
    }
  });

  app.addHook('onResponse', async (request, reply) => {
    if (!request.routeOptions.config.quiet) {
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url ?? 'unmatched',
          status: reply.statusCode,
          duration_ms: Math.round(reply.elapsedTime),
        },
        'request',
      );
    }
  });

  app.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const status = error.statusCode ?? 500;
    const event = SECURITY_EVENTS[status];
    if (event) {
      metrics.countSecurityEvent(event);
      request.log.warn({ category: 'security', event, reason: error.message }, 'request refused');
    }
    if (status >= 500) {
      request.log.error({ err: error }, 'request failed');
    }
    // What went wrong inside is for the log, not for the caller.
    const message = status >= 500 ? 'Internal error' : error.message;
    return reply.status(status).send({ error: { status, message } });
  });

  app.setNotFoundHandler(async (_request, reply) =>
    reply.status(404).send({ error: { status: 404, message: 'Not found' } }),
  );

  const quiet = { config: { quiet: true } };
  // Alive: the process answers. It must not depend on anything else, or a broken dependency would restart every replica.
  app.get('/healthz', quiet, async () => ({ status: 'ok', version: config.version }));
  // Ready: send traffic here. A dependency the service cannot work without is checked here.
  app.get('/readyz', quiet, async (_request, reply) =>
    draining ? reply.status(503).send({ status: 'draining' }) : { status: 'ready' },
  );
  app.get('/metrics', quiet, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );

  const runtimeConfig = async (): Promise<RuntimeConfig> => ({
    version: config.version,
    environment: config.environment,
    flags: Object.fromEntries(
      await Promise.all(FLAGS.map(async flag => [flag, await flags.getBooleanValue(flag, false)] as const)),
    ),
    ...(config.supportUrl === undefined ? {} : { supportUrl: config.supportUrl }),
    vitalsSampleRate: config.vitalsSampleRate,
  });
  app.register(pages, { site, runtimeConfig });
  app.register(reports, {
    metrics: createBrowserMetrics(metrics.registry),
    admit: createLimit(REPORTS_PER_SECOND, REPORTS_AT_ONCE),
  });

  return Object.assign(app, {
    drain: () => {
      draining = true;
    },
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Leave requests to this route out of the request log. */
    quiet?: boolean;
  }
}
