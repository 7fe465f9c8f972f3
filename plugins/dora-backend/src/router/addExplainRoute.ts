import { BackstageCredentials } from '@backstage/backend-plugin-api';
import { MetricName, parseMetricsQuery } from '@pavedroad/plugin-dora-common';
import express from 'express';
import { ExplainService } from '../service/ExplainService';

type Query = Record<string, string | undefined>;

const DEFAULT_ROWS = 10;

/** The route that explains a number; its parameters are validated against the document before they come here. */
export function addExplainRoute(
  router: express.Router,
  options: {
    explanations: ExplainService;
    /** @throws NotAllowedError when the asker may not read metrics */
    authorized: (req: express.Request) => Promise<BackstageCredentials>;
    now: () => number;
  },
): void {
  router.get('/explain', async (req, res) => {
    const credentials = await options.authorized(req);
    const query = req.query as Query;
    res.json(
      await options.explanations.explain(
        query.metric as MetricName,
        parseMetricsQuery(query, options.now()),
        query.rows === undefined ? DEFAULT_ROWS : Number(query.rows),
        credentials,
      ),
    );
  });
}
