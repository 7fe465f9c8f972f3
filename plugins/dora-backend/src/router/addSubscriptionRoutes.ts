import { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  SubscriptionKind,
  SubscriptionRequest,
} from '@pavedroad/plugin-dora-common';
import express from 'express';
import { SubscriptionService } from '../notifications/SubscriptionService';

type Query = Record<string, string | undefined>;

/** The routes by which people say what they are told about. */
export function addSubscriptionRoutes(
  router: express.Router,
  options: {
    subscriptions: SubscriptionService;
    signedIn: (req: express.Request) => Promise<BackstageCredentials>;
  },
): void {
  const { subscriptions, signedIn } = options;

  router.get('/subscriptions', async (req, res) => {
    const credentials = await signedIn(req);
    const { entityRef, subscriber } = req.query as Query;
    res.json(await subscriptions.list({ entityRef, subscriber }, credentials));
  });

  router.put('/subscriptions', async (req, res) => {
    const credentials = await signedIn(req);
    res.json(
      await subscriptions.set(req.body as SubscriptionRequest, {
        credentials,
        request: req,
      }),
    );
  });

  router.delete('/subscriptions', async (req, res) => {
    const credentials = await signedIn(req);
    const { subscriber, entityRef, kind } = req.query as Query;
    res.json(
      await subscriptions.end(
        { subscriber, entityRef, kind: kind as SubscriptionKind | undefined },
        { credentials, request: req },
      ),
    );
  });
}
