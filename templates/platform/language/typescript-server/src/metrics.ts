import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { type Config, SERVICE_NAME } from './config.js';

/** What an attacker's probing looks like from inside; each is logged and counted. */
export type SecurityEvent = 'malformed_request' | 'payload_too_large' | 'unauthorized';

export type Metrics = {
  registry: Registry;
  /** RED metrics of every request but the platform's own probes and scrapes. */
  observeRequests(app: FastifyInstance): void;
  countSecurityEvent(event: SecurityEvent): void;
};

/** Routes of the platform; counting them would flatter the service level. */
const PLATFORM_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

export function createMetrics(config: Pick<Config, 'environment' | 'version'>): Metrics {
  const registry = new Registry();
  // Staging and production may be watched by one Prometheus; rules and analyses tell them apart by this label.
  registry.setDefaultLabels({ service: SERVICE_NAME, environment: config.environment });
  collectDefaultMetrics({ register: registry });

  const labelNames = ['method', 'route', 'status'] as const;
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered, by method, route and status code.',
    labelNames,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time to answer a request, in seconds.',
    labelNames,
    // The latency objectives (0.3, 0.5 and 1 s) are bucket bounds, so that they are counted exactly.
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const securityEvents = new Counter({
    name: 'security_events_total',
    help: 'Requests refused for a security-relevant reason.',
    labelNames: ['event'] as const,
    registers: [registry],
  });
  new Counter({
    name: 'build_info',
    help: 'Always 1; the label says which artifact runs.',
    labelNames: ['version'] as const,
    registers: [registry],
  }).inc({ version: config.version });

  return {
    registry,
    observeRequests(app) {
      app.addHook('onResponse', (request, reply, done) => {
        // The route's pattern, never the path: paths are unbounded and would be one time series each.
        const route = request.routeOptions.url ?? 'unmatched';
        if (!PLATFORM_ROUTES.has(route)) {
          const labels = { method: request.method, route, status: String(reply.statusCode) };
          requests.inc(labels);
          duration.observe(labels, reply.elapsedTime / 1000);
        }
        done();
      });
    },
    countSecurityEvent: event => securityEvents.inc({ event }),
  };
}
