import {
  AuditorService,
  HttpAuthService,
  LoggerService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import {
  AuthenticationError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import { EventsService } from '@backstage/plugin-events-node';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { doraEventsIngestPermission } from '@pavedroad/plugin-dora-common';
import { DeliveryEventSource } from '@pavedroad/plugin-dora-node';
import express from 'express';
import Router from 'express-promise-router';
import { CredentialService } from '../credentials/CredentialService';
import { ParsedMember } from '../inbox/cloudEvents';
import { PayloadTooLargeError } from '../inbox/errors';
import { inspectJson } from '../inbox/inspectJson';
import { refusePortalSources } from '../inbox/portalSources';
import { IngestLimits, readEvents } from '../inbox/readEvents';
import { EventResult, EventStatus } from '../inbox/types';
import { IngestService } from '../service/IngestService';

/** Routes that take raw bodies: events and webhooks. Mounted before anything parses JSON. */
export function createEventsRouter(options: {
  ingest: IngestService;
  reporting: Pick<CredentialService, 'boundTo'>;
  sources: DeliveryEventSource[];
  limits: IngestLimits;
  bodyBytes: number;
  httpAuth: HttpAuthService;
  permissions: PermissionsService;
  auditor: AuditorService;
  events: EventsService;
  logger: LoggerService;
}): express.Router {
  const { ingest, httpAuth, permissions, auditor, limits } = options;
  const router = Router();
  const readRaw = express.raw({ type: () => true, limit: options.bodyBytes });
  // Inside the audited part: a body that cannot be read is refused like any other.
  const readBody = (req: express.Request, res: express.Response) =>
    new Promise<void>((resolve, reject) => {
      readRaw(req, res, error => (error ? reject(error) : resolve()));
    });

  router.post('/events', async (req, res) => {
    const credentials = await httpAuth.credentials(req, {
      allow: ['user', 'service'],
    });
    const auditEvent = await auditor.createEvent({
      eventId: 'events-ingest',
      severityLevel: 'medium',
      request: req,
    });
    try {
      const [decision] = await permissions.authorize(
        [{ permission: doraEventsIngestPermission }],
        { credentials },
      );
      // Before the body: who may not send has none of it read.
      if (decision.result !== AuthorizeResult.ALLOW) {
        throw new NotAllowedError('Not allowed to send delivery events');
      }
      const onlyFor = await options.reporting.boundTo(credentials);
      await readBody(req, res);
      const receivedAt = new Date().toISOString();
      const members = readEvents(req.headers, bodyOf(req), {
        receivedAt,
        limits,
      }).map(refusePortalSources);
      const results = await ingest.ingest(members, onlyFor);
      await auditEvent.success({
        meta: { ...countByStatus(results), ...(onlyFor && { onlyFor }) },
      });
      res.status(202).json({ results });
    } catch (error) {
      await auditEvent.fail({ error: error as Error });
      throw error;
    }
  });

  const receiverOf = (req: express.Request) => {
    const { source } = req.params;
    const receiver = options.sources.find(({ id }) => id === source);
    if (!receiver?.webhook) {
      throw new NotFoundError(
        `No source receives webhooks as ${JSON.stringify(
          source.slice(0, 100),
        )}`,
      );
    }
    return { source: receiver, webhook: receiver.webhook };
  };
  router.post('/webhooks/:source', async (req, res) => {
    // Before the body: nothing of it is read when nobody would verify it.
    const { source, webhook } = receiverOf(req);
    const headers = { ...req.headers };
    // The provider's token, which only its source can judge. The auditor would
    // take it for one of the portal's and fail.
    delete req.headers.authorization;
    const auditEvent = await auditor.createEvent({
      eventId: 'webhook-receive',
      severityLevel: 'medium',
      request: req,
      meta: { source: source.id },
    });
    try {
      await readBody(req, res);
      const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
      const request = {
        headers,
        body,
        receivedAt: new Date().toISOString(),
      };
      if (!(await webhook.verify(request))) {
        if (webhook.challenge) {
          res.set('www-authenticate', webhook.challenge);
        }
        throw new AuthenticationError('The signature does not match the body');
      }
      const received = webhook.receive(request);
      if (received.length > limits.maxBatchEvents) {
        throw new PayloadTooLargeError(
          `A request may hold ${limits.maxBatchEvents} events`,
        );
      }
      const members = received.map((event): ParsedMember => {
        const inspected = inspectJson(event.data, limits, 'data');
        return 'problem' in inspected
          ? { id: event.id, source: event.source, rejected: inspected.problem }
          : { ...event, data: inspected.value };
      });
      const results = await ingest.ingest(members);
      await auditEvent.success({ meta: countByStatus(results) });
      res.status(202).json({ results });
      await publish(options, source, received);
    } catch (error) {
      await auditEvent.fail({ error: error as Error });
      throw error;
    }
  });

  return router;
}

/** Other plugins hear of a webhook after it is committed; their trouble is not the sender's. */
async function publish(
  options: { events: EventsService; logger: LoggerService },
  source: DeliveryEventSource,
  received: { id: string; data?: unknown }[],
): Promise<void> {
  const topic = source.webhook?.topic;
  if (!topic) {
    return;
  }
  for (const event of received) {
    try {
      await options.events.publish({ topic, eventPayload: event.data });
    } catch (error) {
      options.logger.warn(
        `Could not publish ${event.id} of ${source.id}: ${error}`,
      );
    }
  }
}

function bodyOf(req: express.Request): Buffer {
  // Without a body the parser leaves an empty object behind.
  if (Buffer.isBuffer(req.body)) {
    return req.body;
  }
  if (req.headers['ce-type'] === undefined) {
    throw new InputError('The request has no body');
  }
  return Buffer.alloc(0);
}

function countByStatus(results: EventResult[]): Record<EventStatus, number> {
  const counts = { accepted: 0, duplicate: 0, ignored: 0, rejected: 0 };
  for (const { status } of results) {
    counts[status] += 1;
  }
  return counts;
}
