import {
  DEFINITION_VERSION,
  DeploymentListItem,
  IncidentListItem,
} from '@pavedroad/plugin-dora-common';
import { csvField } from './csvField';

const COLUMNS: [string, (item: DeploymentListItem) => unknown][] = [
  ['id', item => item.id],
  ['service', item => item.serviceRef],
  ['environments', item => item.environments.join(' ')],
  ['outcome', item => item.outcome],
  ['kind', item => item.kind],
  ['finished_at', item => item.finishedAt],
  ['finished_everywhere_at', item => item.finishedEverywhereAt],
  ['revision', item => item.revision],
  ['changes', item => item.changes],
  ['lead_time_p50_seconds', item => item.leadTimeP50Seconds],
  ['rework', item => item.rework],
  ['failure_data', item => item.failureData],
  ['recovery_seconds', item => item.recoverySeconds],
  ['origin', item => item.origin],
  ['labels', item => item.labels.join(' ')],
  ['url', item => item.url],
  ['source', item => item.source],
  ['definition_version', () => DEFINITION_VERSION],
  ['sample_data', item => item.sampleData],
];

/** The header line of {@link deploymentCsvLine}, by RFC 4180. */
export function deploymentCsvHeader(): string {
  return `${COLUMNS.map(([name]) => name).join(',')}\r\n`;
}

/** One deployment as a line of CSV, by RFC 4180. */
export function deploymentCsvLine(item: DeploymentListItem): string {
  return `${COLUMNS.map(([, value]) => csvField(value(item))).join(',')}\r\n`;
}

const INCIDENT_COLUMNS: [string, (item: IncidentListItem) => unknown][] = [
  ['id', item => item.id],
  ['service', item => item.serviceRef],
  ['title', item => item.title],
  ['environment', item => item.environment],
  ['tier', item => item.tier],
  ['status', item => item.status],
  ['opened_at', item => item.openedAt],
  ['resolved_at', item => item.resolvedAt],
  ['duration_seconds', item => item.durationSeconds],
  ['reopened', item => item.reopened],
  ['deployment', item => item.attribution?.deploymentId],
  ['none_to_blame', item => item.attribution?.noneToBlame],
  ['method', item => item.attribution?.method],
  ['confidence', item => item.attribution?.confidence],
  ['url', item => item.url],
  ['definition_version', () => DEFINITION_VERSION],
  ['sample_data', item => item.sampleData],
];

/** The header line of {@link incidentCsvLine}, by RFC 4180. */
export function incidentCsvHeader(): string {
  return `${INCIDENT_COLUMNS.map(([name]) => name).join(',')}\r\n`;
}

/** One incident as a line of CSV, by RFC 4180. */
export function incidentCsvLine(item: IncidentListItem): string {
  return `${INCIDENT_COLUMNS.map(([, value]) => csvField(value(item))).join(
    ',',
  )}\r\n`;
}
