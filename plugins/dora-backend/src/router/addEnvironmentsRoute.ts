import { BackstageCredentials } from '@backstage/backend-plugin-api';
import express from 'express';
import { EnvironmentService } from '../service/EnvironmentService';

/** The route that lists environments; its parameters are validated against the document before they come here. */
export function addEnvironmentsRoute(
  router: express.Router,
  options: {
    environments: EnvironmentService;
    /** @throws NotAllowedError when the asker may not read metrics */
    authorized: (req: express.Request) => Promise<BackstageCredentials>;
  },
): void {
  router.get('/environments', async (req, res) => {
    const credentials = await options.authorized(req);
    const { entityRef } = req.query as { entityRef?: string };
    res.json(await options.environments.list(entityRef, credentials));
  });
}
