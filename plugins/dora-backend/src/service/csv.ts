import { DeploymentListItem } from '@pavedroad/plugin-dora-common';

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

function csvField(value: unknown): string {
  if (value === undefined) {
    return '';
  }
  const text = String(value);
  // A spreadsheet would run texts that begin like a formula.
  const safe =
    typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
