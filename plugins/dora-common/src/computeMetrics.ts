import { LeadTimesResponse, MetricsResponse } from './api';
import { calendarBuckets, Span } from './calendar';
import {
  DeploymentColumns,
  firstFrom,
  MetricsColumns,
  metricsColumns,
} from './columns';
import {
  answerLeadTimes,
  answerMetrics,
  MetricsParts,
} from './metrics/answerMetrics';
import {
  deployingDaysOf,
  Stretch,
  summariseColumns,
} from './metrics/summariseColumns';
import { WindowSummary } from './metrics/summary';
import { MetricsQuery, MetricsRows } from './rows';
import { bucketOf } from './sketch/buckets';

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
  return metricsOfColumns(
    metricsColumns(rows),
    query,
    other && metricsColumns(other),
  );
}

/** {@link computeMetrics} from columns. */
export function metricsOfColumns(
  columns: MetricsColumns,
  query: MetricsQuery,
  other?: MetricsColumns,
): MetricsResponse {
  return answerMetrics(
    {
      services: columns.services,
      ...partsOfColumns(columns, query),
      earlier: summariseWindow(
        (other ?? columns).deployments,
        { from: query.compareFrom, to: query.compareTo },
        query.timeZone,
      ),
      ...(other && { otherServices: other.services }),
    },
    query,
  );
}

/** What an answer about the window of a query is made of, exactly. */
export function partsOfColumns(
  { deployments, incidents }: MetricsColumns,
  query: MetricsQuery,
): Pick<MetricsParts, 'current' | 'series' | 'unattributedIncidents'> {
  const window = { from: query.from, to: query.to };
  const buckets = calendarBuckets(window, query.interval, query.timeZone);
  return {
    current: summariseWindow(deployments, window, query.timeZone),
    series: buckets.map(span => ({
      span,
      summary: summariseColumns(deployments, stretchOf(deployments, span), {
        stages: false,
      }),
    })),
    unattributedIncidents: incidents.filter(
      ({ attributed, openedAt }) =>
        !attributed && openedAt >= window.from && openedAt < window.to,
    ).length,
  };
}

/** Computes the answer of `GET /api/dora/lead-times` from the same rows. */
export function computeLeadTimes(
  rows: MetricsRows,
  query: MetricsQuery,
): LeadTimesResponse {
  return leadTimesOfColumns(metricsColumns(rows), query);
}

/** {@link computeLeadTimes} from columns. */
export function leadTimesOfColumns(
  { services, deployments }: MetricsColumns,
  query: MetricsQuery,
): LeadTimesResponse {
  const stretch = stretchOf(deployments, { from: query.from, to: query.to });
  const { firstChange, exclusion, lead } = deployments;
  const bucketCounts = new Map<number, number>();
  for (
    let change = firstChange[stretch.first];
    change < firstChange[stretch.last];
    change++
  ) {
    if (exclusion[change] === 0) {
      const bucket = bucketOf(lead[change]);
      bucketCounts.set(bucket, (bucketCounts.get(bucket) ?? 0) + 1);
    }
  }
  return answerLeadTimes(
    {
      services,
      summary: summariseColumns(deployments, stretch, { stages: false }),
      bucketCounts,
    },
    query,
  );
}

/** Exact summary of a window. */
export function summariseWindow(
  deployments: DeploymentColumns,
  window: Span,
  timeZone: string,
): WindowSummary {
  const stretch = stretchOf(deployments, window);
  return {
    summary: summariseColumns(deployments, stretch, { stages: true }),
    deployingDays: deployingDaysOf(
      deployments,
      stretch,
      calendarBuckets(window, 'day', timeZone),
    ),
  };
}

/** The deployments that finished in a span. */
function stretchOf(columns: DeploymentColumns, { from, to }: Span): Stretch {
  return { first: firstFrom(columns, from), last: firstFrom(columns, to) };
}
