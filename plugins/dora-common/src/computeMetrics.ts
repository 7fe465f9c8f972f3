import { LeadTimesResponse, MetricsResponse } from './api';
import { calendarBuckets, Span, spanIndex } from './calendar';
import {
  answerLeadTimes,
  answerMetrics,
  MetricsParts,
} from './metrics/answerMetrics';
import { deployingDaysOf, summariseRows } from './metrics/summariseRows';
import { WindowSummary } from './metrics/summary';
import { ChangeRow, DeploymentRow, MetricsQuery, MetricsRows } from './rows';
import { bucketOf } from './sketch/buckets';

const inside = (at: number, span: Span) => at >= span.from && at < span.to;

/**
 * Computes the answer of `GET /api/dora/metrics` from narrow rows.
 *
 * The rows are those of the scope and environment asked for, at least those of the window and of the
 * comparison window, in any order. Deterministic: the same rows give the same answer.
 *
 * @param other - rows of the scope to compare with, when that is another one
 */
export function computeMetrics(
  rows: MetricsRows,
  query: MetricsQuery,
  other?: MetricsRows,
): MetricsResponse {
  const { current, series, unattributedIncidents } = partsOfRows(rows, query);
  return answerMetrics(
    {
      services: rows.services,
      current,
      earlier: summariseWindow(
        other ?? rows,
        { from: query.compareFrom, to: query.compareTo },
        query.timeZone,
      ),
      ...(other && { otherServices: other.services }),
      series,
      unattributedIncidents,
    },
    query,
  );
}

/** What an answer about the window of a query is made of, exactly. */
export function partsOfRows(
  rows: MetricsRows,
  query: MetricsQuery,
): Pick<MetricsParts, 'current' | 'series' | 'unattributedIncidents'> {
  const window = { from: query.from, to: query.to };
  const current = select(rows, window);
  const buckets = calendarBuckets(window, query.interval, query.timeZone);
  const parts = buckets.map(() => ({
    deployments: [] as DeploymentRow[],
    changes: [] as ChangeRow[],
  }));
  for (const row of current.deployments) {
    parts[spanIndex(buckets, row.finishedAt)].deployments.push(row);
  }
  for (const row of current.changes) {
    parts[spanIndex(buckets, row.finishedAt)].changes.push(row);
  }
  return {
    current: summariseWindow(rows, window, query.timeZone),
    series: buckets.map((span, i) => ({
      span,
      summary: summariseRows(parts[i], { stages: false }),
    })),
    unattributedIncidents: rows.incidents.filter(
      ({ attributed, openedAt }) => !attributed && inside(openedAt, window),
    ).length,
  };
}

/** Computes the answer of `GET /api/dora/lead-times` from the same rows. */
export function computeLeadTimes(
  rows: MetricsRows,
  query: MetricsQuery,
): LeadTimesResponse {
  const selected = select(rows, { from: query.from, to: query.to });
  const bucketCounts = new Map<number, number>();
  for (const { excluded, leadSeconds } of selected.changes) {
    if (excluded === undefined) {
      const bucket = bucketOf(leadSeconds);
      bucketCounts.set(bucket, (bucketCounts.get(bucket) ?? 0) + 1);
    }
  }
  return answerLeadTimes(
    {
      services: rows.services,
      summary: summariseRows(selected, { stages: false }),
      bucketCounts,
    },
    query,
  );
}

/** Exact summary of the rows of a window. */
export function summariseWindow(
  rows: MetricsRows,
  window: Span,
  timeZone: string,
): WindowSummary {
  const selected = select(rows, window);
  return {
    summary: summariseRows(selected, { stages: true }),
    deployingDays: deployingDaysOf(
      selected.deployments,
      calendarBuckets(window, 'day', timeZone),
    ),
  };
}

function select(rows: MetricsRows, span: Span) {
  return {
    deployments: rows.deployments.filter(d => inside(d.finishedAt, span)),
    changes: rows.changes.filter(c => inside(c.finishedAt, span)),
  };
}
