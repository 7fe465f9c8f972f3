import { readFileSync } from 'node:fs';
import { ImportReport } from '@pavedroad/plugin-dora-common';
import { Problem } from './problem';
import { PortalOptions, refusal } from './portal';

/** How a file is handed to the portal. */
export interface ImportFileOptions {
  format: 'csv' | 'ndjson';
  kind?: string;
  dryRun: boolean;
  /** Leave broken records out instead of refusing the whole file. */
  skipErrors: boolean;
  sample: boolean;
}

/**
 * Hands a file of deployments, incidents or changes to the portal, which reads it.
 *
 * @throws Problem in one sentence when there is no report
 */
export async function importThroughPortal(
  file: string,
  options: ImportFileOptions,
  portal: PortalOptions,
): Promise<ImportReport> {
  const query = new URLSearchParams({
    format: options.format,
    ...(options.kind && { kind: options.kind }),
    ...(options.dryRun && { dryRun: 'true' }),
    ...(options.skipErrors && { onError: 'skip' }),
    ...(options.sample && { sample: 'true' }),
  });
  const address = portal.portal.replace(/\/+$/, '');
  let response: Response;
  try {
    response = await (portal.fetch ?? fetch)(
      `${address}/api/dora/imports?${query}`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${portal.token}`,
          'content-type':
            options.format === 'csv' ? 'text/csv' : 'application/x-ndjson',
        },
        body: readFileSync(file),
      },
    );
  } catch (error) {
    throw new Problem(
      `The portal at ${portal.portal} does not answer (${
        (error as Error).message
      }): is it running?`,
    );
  }
  if (response.status === 422) {
    return (await response.json()).report;
  }
  if (!response.ok) {
    throw await refusal(response, portal.portal);
  }
  return response.json();
}

const count = (n: number, one: string, many = `${one}s`) =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;

const KIND_NAMES: Record<string, string> = {
  deployment: 'deployments',
  incident: 'incidents',
  change: 'changes',
  commits: 'pieces of a commit history',
  build: 'builds',
  release: 'releases',
  event: 'other events',
};

const LISTED = 10;

/** The report in words, line by line. Pure. */
export function describeReport(report: ImportReport): string[] {
  const { counts, services, problems, dryRun } = report;
  const said: string[] = [];
  for (const { kind, accepted, duplicate, ignored, rejected } of report.kinds) {
    const parts = [
      `${accepted.toLocaleString('en')} ${dryRun ? 'new' : 'accepted'}`,
      duplicate > 0 && `${duplicate.toLocaleString('en')} known before`,
      ignored > 0 && `${ignored.toLocaleString('en')} ignored`,
      rejected > 0 && `${rejected.toLocaleString('en')} broken`,
    ].filter(part => part);
    said.push(`${KIND_NAMES[kind] ?? kind}: ${parts.join(', ')}`);
  }
  if (services.length > 0) {
    const unknown = services.filter(({ entityRef }) => !entityRef);
    said.push(
      `services: ${list(
        services.map(({ entityRef, name }) => entityRef ?? name),
        report.servicesTotal,
      )}`,
    );
    if (unknown.length > 0) {
      said.push(
        `not in the catalog, and counted once they are: ${list(
          unknown.map(({ name }) => name),
          unknown.length,
        )}`,
      );
    }
  }
  if (report.environments.length > 0) {
    said.push(
      `environments: ${list(
        report.environments.map(({ name }) => name),
        report.environments.length,
      )}`,
    );
  }
  if (report.from && report.to) {
    said.push(`time: ${report.from} to ${report.to}`);
  }
  if (report.ignoredColumns.length > 0) {
    said.push(`columns that mean nothing: ${report.ignoredColumns.join(', ')}`);
  }
  for (const { line, column, message, remedy } of problems.slice(0, LISTED)) {
    said.push(
      `line ${line}${column ? `, ${column}` : ''}: ${message}. ${remedy}`,
    );
  }
  if (report.problemsTotal > LISTED) {
    said.push(`… and ${count(report.problemsTotal - LISTED, 'more problem')}`);
  }
  said.push(conclusion(report, counts.accepted));
  return said;
}

function conclusion(report: ImportReport, accepted: number): string {
  const records = count(accepted, 'record');
  if (report.applied) {
    return accepted === 0
      ? 'Nothing was new: nothing has changed.'
      : `${records} taken in.`;
  }
  if (!report.applicable) {
    return report.problemsTotal > 0
      ? `Nothing ${
          report.dryRun ? 'would be' : 'was'
        } kept: mend the file, or leave broken records out with --skip-errors.`
      : 'The file holds nothing to import.';
  }
  return accepted === 0
    ? 'Nothing is new: importing this file would change nothing.'
    : `Would take in ${records}. Nothing was sent to be kept.`;
}

function list(names: string[], total: number): string {
  const shown = names.slice(0, LISTED);
  return total > shown.length
    ? `${shown.join(', ')} and ${total - shown.length} more`
    : shown.join(', ');
}
