import { ImportReport, ImportedKind } from '@pavedroad/plugin-dora-common';
import { formatPlural } from '@pavedroad/portal-ui';

/** What the kinds of records are called, one and many. */
export const KIND_WORDS: Record<ImportedKind, [string, string]> = {
  deployment: ['deployment', 'deployments'],
  incident: ['incident', 'incidents'],
  change: ['pull request', 'pull requests'],
  commits: ['piece of a commit history', 'pieces of a commit history'],
  build: ['build', 'builds'],
  release: ['release', 'releases'],
  event: ['other event', 'other events'],
};

function acceptedOf(report: ImportReport): string {
  const parts = report.kinds
    .filter(({ accepted }) => accepted > 0)
    .map(({ kind, accepted }) => formatPlural(accepted, ...KIND_WORDS[kind]));
  return parts.length > 1
    ? `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`
    : parts.join('');
}

/** The answer to "what would this file do", or did: one sentence. */
export function verdict(report: ImportReport, skipErrors: boolean): string {
  const { counts, problemsTotal, applied } = report;
  const accepted = acceptedOf(report);
  const problems = formatPlural(problemsTotal, 'problem', 'problems');
  if (applied) {
    return counts.accepted > 0
      ? `${accepted} imported.`
      : 'Nothing in the file was new, so nothing has changed.';
  }
  if (problemsTotal > 0 && !skipErrors) {
    return counts.accepted > 0
      ? `The file has ${problems}. Nothing is imported until they are mended, or broken rows are left out.`
      : `The file has ${problems} and nothing that can be imported.`;
  }
  if (counts.accepted + counts.duplicate === 0) {
    return 'The file holds nothing that can be imported.';
  }
  if (counts.accepted === 0) {
    return 'Everything in the file is known already: importing it would change nothing.';
  }
  return problemsTotal > 0
    ? `Importing would bring ${accepted} and leave out ${formatPlural(
        counts.rejected,
        'broken record',
        'broken records',
      )}.`
    : `Importing would bring ${accepted}.`;
}

/** Whether there is anything to import. */
export function canImport(report: ImportReport, skipErrors: boolean): boolean {
  return (
    !report.applied &&
    report.counts.accepted > 0 &&
    (skipErrors || report.problemsTotal === 0)
  );
}
