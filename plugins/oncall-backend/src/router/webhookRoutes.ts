import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import express, { type Request, type Router } from 'express';
import PromiseRouter from 'express-promise-router';

import type { WebhookService } from '../service/WebhookService';

/** More than any provider sends. */
const LIMIT = '1mb';
/** Audit events of forged requests in a minute; more of them are only counted in the log, so that nobody fills the audit trail. */
const MOST_FORGED = 60;

/** `POST /webhooks/{provider}[/{account}]`; mounted before bodies are parsed, since signatures cover the bytes. */
export function webhookRoutes(options: {
  auditor: AuditorService;
  webhooks: WebhookService;
  logger: LoggerService;
  clock: () => number;
}): Router {
  const { auditor, webhooks, logger, clock } = options;
  const router = PromiseRouter();
  const paths = ['/webhooks/:provider', '/webhooks/:provider/:account'];
  const forged = { minute: 0, count: 0 };
  const receiverOf = (request: Request) =>
    webhooks.receiver(
      request.params.provider,
      request.params.account as string | undefined,
    );

  // Before the body: nothing of it is read when nobody would verify it.
  router.post(paths, async (request, _response, next) => {
    receiverOf(request);
    next();
  });

  router.post(
    paths,
    express.raw({ type: () => true, limit: LIMIT }),
    async (request, response) => {
      const receiver = receiverOf(request);
      const webhook = {
        headers: { ...request.headers },
        body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
        receivedAt: new Date(clock()).toISOString(),
      };
      // The provider's secret; the auditor would take it for a token of the portal.
      delete request.headers.authorization;
      const audit = () =>
        auditor.createEvent({
          eventId: 'webhook-receive',
          severityLevel: 'medium',
          request,
          meta: {
            provider: receiver.cached.provider.id,
            account: receiver.account,
          },
        });
      if (!receiver.webhook.verify(receiver.account, webhook)) {
        const error = new AuthenticationError(
          'The request does not prove that it comes from the provider',
        );
        const minute = Math.floor(clock() / 60_000);
        forged.count = forged.minute === minute ? forged.count + 1 : 1;
        forged.minute = minute;
        if (forged.count <= MOST_FORGED) {
          await (await audit()).fail({ error });
        } else if (forged.count === MOST_FORGED + 1) {
          logger.warn(
            'More forged webhooks than are put on record one by one came in',
          );
        }
        throw error;
      }
      const event = await audit();
      try {
        const results = await webhooks.takeIn(receiver, webhook);
        await event.success({ meta: { events: results.length } });
        response.status(202).json({ results });
      } catch (error) {
        await event.fail({ error: error as Error });
        throw error;
      }
    },
  );

  return router;
}
