import {
  AuditorService,
  HttpAuthService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { doraOutgoingManagePermission } from '@pavedroad/plugin-dora-common';
import express from 'express';
import Router from 'express-promise-router';
import { OutgoingOptions } from './options';
import { OutgoingStore } from './OutgoingStore';

/** Routes for those who run the portal: how events get out, and what did not. */
export function createOutgoingRouter(options: {
  store: OutgoingStore;
  outgoing: OutgoingOptions;
  httpAuth: HttpAuthService;
  permissions: PermissionsService;
  auditor: AuditorService;
}): express.Router {
  const { store, outgoing, httpAuth, permissions, auditor } = options;
  const router = Router();

  const authorize = async (req: express.Request) => {
    const credentials = await httpAuth.credentials(req, {
      allow: ['user', 'service'],
    });
    const [decision] = await permissions.authorize(
      [{ permission: doraOutgoingManagePermission }],
      { credentials },
    );
    if (decision.result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError('Not allowed to see what the portal sends');
    }
  };

  router.get('/outgoing', async (req, res) => {
    await authorize(req);
    res.json({ source: outgoing.source, targets: await store.status() });
  });

  router.post('/outgoing/retry', async (req, res) => {
    await authorize(req);
    const auditEvent = await auditor.createEvent({
      eventId: 'outgoing-retry',
      severityLevel: 'medium',
      request: req,
    });
    try {
      const { target } = req.query;
      const known = outgoing.targets.find(({ id }) => id === target);
      if (!known) {
        throw new NotFoundError(
          'Name a target of GET /api/dora/outgoing with the parameter target',
        );
      }
      const retried = await store.retry(known.id);
      await auditEvent.success({ meta: { target: known.id, retried } });
      res.json({ retried });
    } catch (error) {
      await auditEvent.fail({ error: error as Error });
      throw error;
    }
  });

  return router;
}
