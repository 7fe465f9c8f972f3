import { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  DataQualityNote,
  dataQualityText,
  parseMetricsQuery,
} from '@pavedroad/plugin-dora-common';
import express from 'express';
import { seriesCsv, servicesCsv } from '../service/metricsCsv';
import { MetricsService } from '../service/MetricsService';
import { wantsCsv } from './request/wantsCsv';

type Query = Record<string, string | undefined>;

/** The routes that answer figures; their parameters are validated against the document before they come here. */
export function addMetricsRoutes(
  router: express.Router,
  options: {
    metrics: MetricsService;
    /** @throws NotAllowedError when the asker may not read metrics */
    authorized: (req: express.Request) => Promise<BackstageCredentials>;
    now: () => number;
  },
): void {
  const { metrics, authorized, now } = options;

  router.get('/metrics', async (req, res) => {
    const credentials = await authorized(req);
    const query = parseMetricsQuery(req.query as Query, now());
    const answer = await metrics.metrics(query, credentials);
    if (wantsCsv(req)) {
      sendText(res, 'metrics.csv', seriesCsv(answer), answer.dataQuality);
    } else {
      res.json(answer);
    }
  });

  router.get('/lead-times', async (req, res) => {
    const credentials = await authorized(req);
    const query = parseMetricsQuery(req.query as Query, now());
    res.json(await metrics.leadTimes(query, credentials));
  });

  router.get('/services', async (req, res) => {
    const credentials = await authorized(req);
    const query = parseMetricsQuery(req.query as Query, now());
    const answer = await metrics.services(query, credentials);
    if (wantsCsv(req)) {
      sendText(res, 'services.csv', servicesCsv(answer), answer.dataQuality);
    } else {
      res.json(answer);
    }
  });
}

function sendText(
  res: express.Response,
  name: string,
  text: string,
  notes: readonly DataQualityNote[] = [],
): void {
  res.type('text/csv; charset=utf-8');
  res.attachment(name);
  if (notes.length > 0) {
    res.setHeader('x-data-quality', dataQualityText(notes));
  }
  res.send(text);
}
