import { BackstageCredentials } from '@backstage/backend-plugin-api';
import express from 'express';
import { changesCsv } from '../service/csv';
import { MetricsService } from '../service/MetricsService';
import { decodeChangeCursor, encodeChangeCursor } from './request/changeCursor';
import { parseLimit } from './request/parseLimit';
import { wantsCsv } from './request/wantsCsv';
import { sendCsv } from './sendCsv';

/** The route that lists what a deployment brought; its parameters are validated against the document before they come here. */
export function addChangesRoute(
  router: express.Router,
  options: {
    metrics: MetricsService;
    /** @throws NotAllowedError when the asker may not read metrics */
    authorized: (req: express.Request) => Promise<BackstageCredentials>;
  },
): void {
  const { metrics, authorized } = options;
  router.get('/deployments/:id/changes', async (req, res) => {
    const credentials = await authorized(req);
    const { id } = req.params;
    if (wantsCsv(req)) {
      await sendCsv(
        res,
        { name: 'changes.csv', csv: changesCsv },
        metrics.allChanges(id, credentials),
      );
      return;
    }
    const { limit, cursor } = req.query as Record<string, string | undefined>;
    const { response, next } = await metrics.changes(
      id,
      { limit: parseLimit(limit), after: decodeChangeCursor(id, cursor) },
      credentials,
    );
    res.json({
      ...response,
      ...(next && { nextCursor: encodeChangeCursor(id, next) }),
    });
  });
}
