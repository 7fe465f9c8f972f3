import { BackstageCredentials } from '@backstage/backend-plugin-api';
import express from 'express';
import { ChangePosition } from '../database/QueryStore';
import { changesCsv } from '../service/csv';
import { MetricsService } from '../service/MetricsService';
import { decodeCursor, encodeCursor, queryFingerprint } from './request/cursor';
import { parseLimit } from './request/parseLimit';
import { wantsCsv } from './request/wantsCsv';
import { sendCsv } from './sendCsv';

const fingerprintOf = (deployment: string) =>
  queryFingerprint({ list: 'changes', deployment });

/** Names where the changes of a deployment go on. */
export function encodeChangeCursor(
  deployment: string,
  { committedAt, commit }: ChangePosition,
): string {
  return encodeCursor(
    { finishedAt: committedAt, key: commit },
    fingerprintOf(deployment),
  );
}

function decodeChangeCursor(
  deployment: string,
  text: string | undefined,
): ChangePosition | undefined {
  const position = decodeCursor(text, fingerprintOf(deployment));
  return position && { committedAt: position.finishedAt, commit: position.key };
}

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
