import {
  DataQualityNote,
  dataQualityTexts,
  MetricName,
  Metrics,
  ServiceFigures,
} from '@pavedroad/plugin-dora-common';
import {
  CsvValue,
  formatCount,
  formatDurationSeconds,
  formatRate,
} from '@pavedroad/portal-ui';
import { ServiceOrder } from '../state/viewState';
import { METRIC_NAMES } from './figures';

/** Titles of the columns, in order. */
export const SERVICE_COLUMNS: Record<MetricName, string> = {
  changeLeadTime: 'Median lead time',
  deploymentFrequency: 'Deployments',
  changeFailRate: 'Failed',
  failedDeploymentRecoveryTime: 'Median recovery',
  deploymentReworkRate: 'Rework',
};

export const serviceName = (ref: string) => ref.replace(/^.*[:/]/, '');

/** The number of a metric by which services can be ordered; undefined where nothing is known. */
export function metricValue(
  name: MetricName,
  metrics: Metrics,
): number | undefined {
  switch (name) {
    case 'changeLeadTime':
    case 'failedDeploymentRecoveryTime':
      return metrics[name].p50Seconds;
    case 'deploymentFrequency':
      return metrics.deploymentFrequency.deployments;
    default:
      return metrics[name].rate;
  }
}

/** A metric in a cell: the number with its counts, `no data`, and whether there are too few values to rest on. */
export function metricCell(
  name: MetricName,
  metrics: Metrics,
): { text: string; known: boolean; few: boolean } {
  const { status } = metrics[name];
  const few = status === 'insufficient_data';
  const cell = (text: string) => ({ text, known: true, few });
  const none = { text: 'no data', known: false, few: false };
  switch (name) {
    case 'changeLeadTime':
    case 'failedDeploymentRecoveryTime': {
      const seconds = metrics[name].p50Seconds;
      return seconds === undefined
        ? none
        : cell(formatDurationSeconds(seconds));
    }
    case 'deploymentFrequency': {
      const { deployments } = metrics.deploymentFrequency;
      return deployments === undefined ? none : cell(formatCount(deployments));
    }
    case 'changeFailRate': {
      const { failed, deployments } = metrics.changeFailRate;
      return failed === undefined || !deployments
        ? none
        : cell(formatRate(failed, deployments));
    }
    default: {
      const { rework, deployments } = metrics.deploymentReworkRate;
      return rework === undefined || !deployments
        ? none
        : cell(formatRate(rework, deployments));
    }
  }
}

const byName = (a: ServiceFigures, b: ServiceFigures) =>
  serviceName(a.entityRef).localeCompare(serviceName(b.entityRef)) ||
  a.entityRef.localeCompare(b.entityRef);

/** "Payments API" finds payments-api: people search by the title they read. */
const searchable = (text: string) =>
  text.toLocaleLowerCase().replace(/[\s_-]+/g, ' ');

/** Services that match the search, in the order that was chosen; those without a number come last either way. */
export function arrangeServices(
  services: readonly ServiceFigures[],
  options: { search: string; sort: ServiceOrder; descending: boolean },
): ServiceFigures[] {
  const { sort, descending } = options;
  const wanted = searchable(options.search.trim());
  const sign = descending ? -1 : 1;
  return services
    .filter(
      ({ entityRef }) => !wanted || searchable(entityRef).includes(wanted),
    )
    .sort((a, b) => {
      if (sort === 'name') {
        return sign * byName(a, b);
      }
      const [x, y] = [
        metricValue(sort, a.metrics),
        metricValue(sort, b.metrics),
      ];
      if (x === undefined || y === undefined) {
        return (
          Number(x === undefined) - Number(y === undefined) || byName(a, b)
        );
      }
      return sign * (x - y) || byName(a, b);
    });
}

/**
 * Services as rows of a CSV file: plain numbers, seconds and shares of 1.
 *
 * @param notes - of the answer: those about a service stand in its row
 */
export function serviceCsvRows(
  services: readonly ServiceFigures[],
  notes?: readonly DataQualityNote[],
): Record<string, CsvValue>[] {
  const texts = dataQualityTexts(notes);
  return services.map(service =>
    serviceCsvRow(service, texts.get(service.entityRef) ?? ''),
  );
}

function serviceCsvRow(
  { entityRef, metrics: m }: ServiceFigures,
  dataQuality: string,
): Record<string, CsvValue> {
  return {
    entity_ref: entityRef,
    changes: m.changeLeadTime.changes,
    lead_time_p50_seconds: m.changeLeadTime.p50Seconds,
    lead_time_p75_seconds: m.changeLeadTime.p75Seconds,
    lead_time_p90_seconds: m.changeLeadTime.p90Seconds,
    deployments: m.deploymentFrequency.deployments,
    deployments_per_day: m.deploymentFrequency.perDay,
    failed_deployments: m.changeFailRate.failed,
    deployments_with_failure_data: m.changeFailRate.deployments,
    change_fail_rate: m.changeFailRate.rate,
    recovered: m.failedDeploymentRecoveryTime.recovered,
    unrecovered: m.failedDeploymentRecoveryTime.unrecovered,
    recovery_p50_seconds: m.failedDeploymentRecoveryTime.p50Seconds,
    rework_deployments: m.deploymentReworkRate.rework,
    rework_rate: m.deploymentReworkRate.rate,
    ...Object.fromEntries(
      METRIC_NAMES.map(name => [`${name}_status`, m[name].status]),
    ),
    data_quality: dataQuality,
  };
}
