import {
  dataQualityText,
  dataQualityTexts,
  Metrics,
  MetricsResponse,
  ServicesResponse,
} from '@pavedroad/plugin-dora-common';
import { csvField } from './csvField';

/** Columns of the five metrics, the same in every table that has them. Durations are seconds, rates 0–1; empty where there is no number. */
const METRIC_COLUMNS: [string, (metrics: Metrics) => unknown][] = [
  ['deployment_frequency_status', m => m.deploymentFrequency.status],
  ['deployments', m => m.deploymentFrequency.deployments],
  ['deployments_per_day', m => m.deploymentFrequency.perDay],
  [
    'median_deploying_days_per_week',
    m => m.deploymentFrequency.medianDeployingDaysPerWeek,
  ],
  ['lead_time_status', m => m.changeLeadTime.status],
  ['changes', m => m.changeLeadTime.changes],
  ['lead_time_p50_seconds', m => m.changeLeadTime.p50Seconds],
  ['lead_time_p75_seconds', m => m.changeLeadTime.p75Seconds],
  ['lead_time_p90_seconds', m => m.changeLeadTime.p90Seconds],
  [
    'lead_time_p50_low_seconds',
    m => m.changeLeadTime.p50ConfidenceInterval?.[0],
  ],
  [
    'lead_time_p50_high_seconds',
    m => m.changeLeadTime.p50ConfidenceInterval?.[1],
  ],
  ['lead_time_max_relative_error', m => m.changeLeadTime.maxRelativeError],
  ['change_fail_rate_status', m => m.changeFailRate.status],
  ['failed_deployments', m => m.changeFailRate.failed],
  ['change_fail_rate_deployments', m => m.changeFailRate.deployments],
  ['change_fail_rate', m => m.changeFailRate.rate],
  ['change_fail_rate_low', m => m.changeFailRate.confidenceInterval?.[0]],
  ['change_fail_rate_high', m => m.changeFailRate.confidenceInterval?.[1]],
  ['recovery_time_status', m => m.failedDeploymentRecoveryTime.status],
  ['recovered', m => m.failedDeploymentRecoveryTime.recovered],
  ['unrecovered', m => m.failedDeploymentRecoveryTime.unrecovered],
  ['recovery_time_p50_seconds', m => m.failedDeploymentRecoveryTime.p50Seconds],
  ['recovery_time_p75_seconds', m => m.failedDeploymentRecoveryTime.p75Seconds],
  ['recovery_time_p90_seconds', m => m.failedDeploymentRecoveryTime.p90Seconds],
  ['rework_rate_status', m => m.deploymentReworkRate.status],
  ['rework_deployments', m => m.deploymentReworkRate.rework],
  ['rework_rate_deployments', m => m.deploymentReworkRate.deployments],
  ['rework_rate', m => m.deploymentReworkRate.rate],
  ['rework_rate_low', m => m.deploymentReworkRate.confidenceInterval?.[0]],
  ['rework_rate_high', m => m.deploymentReworkRate.confidenceInterval?.[1]],
];

const metricNames = METRIC_COLUMNS.map(([name]) => name);
const metricValues = (metrics: Metrics) =>
  METRIC_COLUMNS.map(([, value]) => value(metrics));

/** The series of an answer, one line per bucket, by RFC 4180. What is missing behind them stands in every line. */
export function seriesCsv({
  series,
  definition,
  sampleData,
  dataQuality,
}: MetricsResponse): string {
  return table(
    [
      'from',
      'to',
      ...metricNames,
      'environment',
      'definition_version',
      'sample_data',
      'data_quality',
    ],
    series.map(({ from, to, metrics }) => [
      from,
      to,
      ...metricValues(metrics),
      definition.environment,
      definition.version,
      sampleData,
      dataQualityText(dataQuality),
    ]),
  );
}

/** The services of a scope, one line each, by RFC 4180, with what is missing behind its numbers. */
export function servicesCsv({
  items,
  definition,
  dataQuality,
}: ServicesResponse): string {
  const texts = dataQualityTexts(dataQuality);
  return table(
    [
      'service',
      ...metricNames,
      'environment',
      'definition_version',
      'sample_data',
      'data_quality',
    ],
    items.map(({ entityRef, metrics, sampleData }) => [
      entityRef,
      ...metricValues(metrics),
      definition.environment,
      definition.version,
      sampleData,
      texts.get(entityRef),
    ]),
  );
}

function table(header: string[], rows: unknown[][]): string {
  return [header, ...rows]
    .map(row => `${row.map(csvField).join(',')}\r\n`)
    .join('');
}
