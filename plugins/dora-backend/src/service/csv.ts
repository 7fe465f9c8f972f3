import {
  changesKnown,
  DataQualityNote,
  dataQualityText,
  DEFINITION_VERSION,
  DeploymentChange,
  DeploymentChangesResponse,
  DeploymentListItem,
  IncidentListItem,
  STAGE_NAMES,
} from '@pavedroad/plugin-dora-common';
import { csvField } from './csvField';

/** Rows of a file, and why there may be others. */
export interface CsvPage<T> {
  items: T[];
  dataQuality?: DataQualityNote[];
}

type Columns<T, P> = [string, (item: T, page: P) => unknown][];

/** What the lines of a file are made of, by RFC 4180. */
function csvOf<T, P>(columns: Columns<T, P>) {
  const line = (values: unknown[]) => `${values.map(csvField).join(',')}\r\n`;
  return {
    header: line(columns.map(([name]) => name)),
    line: (item: T, page: P) =>
      line(columns.map(([, value]) => value(item, page))),
  };
}

const COLUMNS: Columns<DeploymentListItem, CsvPage<DeploymentListItem>> = [
  ['id', item => item.id],
  ['service', item => item.serviceRef],
  ['environments', item => item.environments.join(' ')],
  ['outcome', item => item.outcome],
  ['kind', item => item.kind],
  ['finished_at', item => item.finishedAt],
  ['finished_everywhere_at', item => item.finishedEverywhereAt],
  ['revision', item => item.revision],
  // What is not known is not nothing.
  ['changes', item => (changesKnown(item) ? item.changes : undefined)],
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
  ['data_quality', (_, page) => dataQualityText(page.dataQuality)],
];

/** Deployments as lines of CSV. */
export const deploymentsCsv = csvOf(COLUMNS);

const INCIDENT_COLUMNS: Columns<IncidentListItem, CsvPage<IncidentListItem>> = [
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
  ['data_quality', (_, page) => dataQualityText(page.dataQuality)],
];

/** Incidents as lines of CSV. */
export const incidentsCsv = csvOf(INCIDENT_COLUMNS);

const CHANGE_COLUMNS: Columns<DeploymentChange, DeploymentChangesResponse> = [
  ['deployment', (_, page) => page.deployment.id],
  ['service', (_, page) => page.deployment.serviceRef],
  ['commit', change => change.commit],
  ['subject', change => change.subject],
  ['author', change => change.authorName],
  ['pull_request', change => change.pullRequest],
  ['committed_at', change => change.committedAt],
  ['lead_seconds', change => change.leadSeconds],
  ...STAGE_NAMES.map((stage): Columns<DeploymentChange, unknown>[number] => [
    `${stage}_seconds`,
    ({ stages }) => stages.find(({ name }) => name === stage)?.seconds,
  ]),
  ['moments_moved', change => change.clamped],
  ['bot', change => change.bot],
  ['left_out', change => change.excluded],
  ['definition_version', (_, page) => page.definition.version],
  ['sample_data', (_, page) => page.sampleData],
  ['data_quality', (_, page) => dataQualityText(page.dataQuality)],
];

/** Changes of a deployment as lines of CSV: durations in seconds, moments in ISO 8601. */
export const changesCsv = csvOf(CHANGE_COLUMNS);
