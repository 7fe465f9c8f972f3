import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { ReportingCredentialRequest } from '@pavedroad/plugin-dora-common';
import express from 'express';
import { CredentialService } from '../credentials/CredentialService';

/** The routes by which owners manage what their repositories report with. */
export function addCredentialRoutes(
  router: express.Router,
  options: {
    reporting: CredentialService;
    signedIn: (req: express.Request) => Promise<BackstageCredentials>;
  },
): void {
  const { reporting, signedIn } = options;

  router.get('/reporting-credentials', async (req, res) => {
    const credentials = await signedIn(req);
    const { entityRef } = req.query as { entityRef: string };
    res.json(await reporting.list(entityRef, credentials));
  });

  router.post('/reporting-credentials', async (req, res) => {
    const credentials = await signedIn(req);
    const created = await reporting.create(
      req.body as ReportingCredentialRequest,
      { credentials, request: req },
    );
    res.set('cache-control', 'no-store').status(201).json(created);
  });

  router.delete('/reporting-credentials/:id', async (req, res) => {
    const credentials = await signedIn(req);
    res.json(
      await reporting.revoke(req.params.id, { credentials, request: req }),
    );
  });
}
