import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import {
  CSP_REPORTS_URL,
  DEVICES,
  ERROR_KINDS,
  ERRORS_URL,
  type ErrorReport,
  MESSAGE_LENGTH,
  PAGE_LENGTH,
  STACK_LENGTH,
  VITALS_URL,
  type VitalsReport,
} from '../../shared/reports.js';
import { pageOf } from '../../shared/pages.js';
import type { BrowserMetrics } from '../browserMetrics.js';

const page = { type: 'string', maxLength: PAGE_LENGTH, pattern: '^/' };

const vitalsSchema = {
  type: 'object',
  required: ['page', 'device'],
  additionalProperties: false,
  properties: {
    page,
    device: { enum: DEVICES },
    lcp: { type: 'number', minimum: 0, maximum: 600 },
    inp: { type: 'number', minimum: 0, maximum: 600 },
    cls: { type: 'number', minimum: 0, maximum: 100 },
  },
};

const errorSchema = {
  type: 'object',
  required: ['page', 'kind', 'message'],
  additionalProperties: false,
  properties: {
    page,
    kind: { enum: ERROR_KINDS },
    message: { type: 'string', maxLength: MESSAGE_LENGTH },
    stack: { type: 'string', maxLength: STACK_LENGTH },
  },
};

/** Longest text of a violation that is logged, in characters. */
const LOGGED = 200;

/** Most violations of one request that are counted. */
const VIOLATIONS = 20;

export type Violation = { directive: string; blocked: string; source: string };

const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, LOGGED) : '');
/** Without what follows the path: queries may hold what is private. */
const address = (value: unknown) => text(value).replace(/[?#].*$/s, '');

/** The violations in a report, of the Reporting API (`application/reports+json`) or of `report-uri` (`application/csp-report`). */
export function violationsIn(body: unknown): Violation[] {
  const entries = Array.isArray(body) ? (body as unknown[]) : [body];
  return entries.slice(0, VIOLATIONS).flatMap(entry => {
    const { type, body: modern, 'csp-report': old } = (entry ?? {}) as Record<string, unknown>;
    const report = (type === 'csp-violation' ? modern : old) as Record<string, unknown> | null | undefined;
    if (typeof report !== 'object' || report === null) {
      return [];
    }
    return [
      {
        directive: text(report.effectiveDirective ?? report['effective-directive'] ?? report['violated-directive']),
        blocked: address(report.blockedURL ?? report['blocked-uri']),
        source: address(report.sourceFile ?? report['source-file']),
      },
    ];
  });
}

/** Browsers say where a request comes from; what another site's page sends says nothing about ours. */
function isForeign(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin';
}

/**
 * What browsers tell: vitals, errors, violations of the content security policy. Answers 204; 400 for what is no report, 403 for another
 * site's, 413 beyond 16 KiB, 429 when there are too many. Nobody is signed in here, so all of it is a hint, never evidence.
 */
export const reports: FastifyPluginAsync<{ metrics: BrowserMetrics; admit: () => boolean }> = async (app, options) => {
  const { metrics, admit } = options;

  app.addContentTypeParser(
    ['application/csp-report', 'application/reports+json'],
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );

  app.addHook('onRequest', async (request, reply) => {
    const reason = isForeign(request) ? 'foreign' : admit() ? undefined : 'rate';
    if (reason) {
      metrics.countRefusal(reason);
      const status = reason === 'foreign' ? 403 : 429;
      return reply.status(status).send({ error: { status, message: 'Refused' } });
    }
  });

  const quiet = { quiet: true };
  const bodyLimit = 16 * 1024;

  app.post<{ Body: VitalsReport }>(
    VITALS_URL,
    { config: quiet, bodyLimit, schema: { body: vitalsSchema } },
    async (request, reply) => {
      metrics.observeVitals(request.body);
      return reply.status(204).send();
    },
  );

  app.post<{ Body: ErrorReport }>(
    ERRORS_URL,
    { config: quiet, bodyLimit, schema: { body: errorSchema } },
    async (request, reply) => {
      const { page: path, kind, message, stack } = request.body;
      metrics.countError(request.body);
      request.log.warn({ page: pageOf(path), kind, reason: message, browser_stack: stack }, 'error in a browser');
      return reply.status(204).send();
    },
  );

  app.post(CSP_REPORTS_URL, { config: quiet, bodyLimit }, async (request, reply) => {
    for (const violation of violationsIn(request.body)) {
      const directive = metrics.countViolation(violation.directive);
      request.log.warn({ category: 'security', event: 'csp_violation', ...violation, directive }, 'policy violated');
    }
    return reply.status(204).send();
  });
};
