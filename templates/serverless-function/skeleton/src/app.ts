import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Config } from './config.js';
import type { Flags } from './flags.js';
import { type Answer, HttpError, type Route } from './http.js';
import type { Logger } from './logger.js';
import type { Metrics, SecurityEvent } from './metrics.js';
import { greetings } from './routes/greetings.js';
import type { Tracing } from './tracing.js';

export type AppOptions = {
  config: Pick<Config, 'version'>;
  flags: Flags;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
};

export type App = {
  /** Every route by its key; `routes.json` tells the gateway the same ones. */
  routes: Readonly<Record<string, Route>>;
  handler: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;
};

/** Largest request body accepted, in bytes. */
const BODY_LIMIT = 64 * 1024;

/** Counting the platform's probes would flatter the service level. */
const PLATFORM_ROUTES: ReadonlySet<string> = new Set(['GET /healthz']);

const SECURITY_EVENTS: Readonly<Record<number, SecurityEvent>> = {
  400: 'malformed_request',
  401: 'unauthorized',
  403: 'unauthorized',
  413: 'payload_too_large',
};

/** The whole function: events of an HTTP API (payload format 2.0) in, answers out. */
export function createApp(options: AppOptions): App {
  const { config, flags, logger, metrics, tracing } = options;

  const routes: App['routes'] = {
    // Alive and which version: asked before a release takes over. It must not depend on anything else.
    'GET /healthz': () => ({ status: 200, body: { status: 'ok', version: config.version } }),
    'GET /v1/greetings/{name}': greetings(flags),
  };

  async function answer(event: APIGatewayProxyEventV2): Promise<Answer> {
    try {
      const route = Object.hasOwn(routes, event.routeKey) ? routes[event.routeKey] : undefined;
      if (!route) {
        throw new HttpError(404, 'Not found');
      }
      const encoding = event.isBase64Encoded ? 'base64' : 'utf8';
      if (Buffer.byteLength(event.body ?? '', encoding) > BODY_LIMIT) {
        throw new HttpError(413, 'The body is too large');
      }
      return await route(event);
    } catch (error) {
      const status = error instanceof HttpError ? error.status : 500;
      const securityEvent = SECURITY_EVENTS[status];
      if (securityEvent) {
        metrics.countSecurityEvent(securityEvent);
        logger.warn('request refused', { category: 'security', event: securityEvent, reason: (error as Error).message });
      }
      if (status >= 500) {
        logger.error('request failed', { err: error });
      }
      // What went wrong inside is for the log, not for the caller.
      const message = status >= 500 ? 'Internal error' : (error as Error).message;
      return { status, body: { error: { status, message } } };
    }
  }

  return {
    routes,
    async handler(event) {
      const started = performance.now();
      const { method } = event.requestContext.http;
      const [, pattern] = event.routeKey.split(' ', 2);
      const route = pattern ?? 'unmatched';
      try {
        return await tracing.inSpan(`${method} ${route}`, event.headers, async span => {
          const { status, body } = await answer(event);
          span.setAttributes({ 'http.request.method': method, 'http.route': route, 'http.response.status_code': status });
          if (!PLATFORM_ROUTES.has(event.routeKey)) {
            const seconds = (performance.now() - started) / 1000;
            metrics.countRequest({ method, route, status }, seconds);
            logger.info('request', {
              method,
              route,
              status,
              duration_ms: Math.round(seconds * 1000),
              request_id: event.requestContext.requestId,
            });
          }
          return {
            statusCode: status,
            headers: {
              'cache-control': 'no-store',
              'content-type': 'application/json; charset=utf-8',
              'x-content-type-options': 'nosniff',
            },
            body: JSON.stringify(body),
          };
        });
      } finally {
        // Buffered spans are worth a try, not a failed request.
        await tracing.flush().catch((err: unknown) => logger.warn('traces not flushed', { err }));
      }
    },
  };
}
