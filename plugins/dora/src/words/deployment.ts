import {
  DeploymentAttribution,
  DeploymentDetailResponse,
  DeploymentListItem,
  ExclusionReason,
} from '@pavedroad/plugin-dora-common';
import {
  formatDurationSeconds,
  formatPlural,
  isWebAddress,
} from '@pavedroad/portal-ui';
import { EXCLUSION_WORDS, GAP_WORDS, KIND_WORDS } from './notes';

/** Kind, and whether it was a repair. */
export function kindWords(item: DeploymentListItem): string {
  if (!item.kind) {
    return 'Attempt';
  }
  const repair = item.rework && item.kind !== 'rollback';
  return `${KIND_WORDS[item.kind]}${repair ? ', repair' : ''}`;
}

export const shortRevision = (revision: string | undefined) =>
  revision === undefined ? 'unknown' : revision.slice(0, 10);

/** An address that a browser may follow: what a source sends could be anything. */
export function webAddress(url: string | undefined): string | undefined {
  return isWebAddress(url) ? url : undefined;
}

const REWORK_WORDS = {
  rollback: 'it took back a deployment',
  hotfix: 'it is a hotfix',
  revert: 'it reverts a change',
  incident_fix: 'it fixes an incident',
};

/** `production`, or `eu, us and asia`. */
export function listWords(names: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names);
}

/** What failed, in words. */
export function causeWords({
  cause,
  incident,
}: Pick<DeploymentAttribution, 'cause' | 'incident'>): string {
  switch (cause.kind) {
    case 'incident':
      return `Incident: ${incident?.title ?? cause.id}`;
    case 'rollback':
      return 'A rollback';
    case 'fix':
      return 'A fix by a later deployment';
    default:
      return 'A failure that a person reported';
  }
}

/** Live attributions that make a deployment count as failed. */
export function failuresOf(
  attributions: readonly DeploymentAttribution[],
): DeploymentAttribution[] {
  return attributions.filter(
    ({ state, blames }) => state === 'live' && (blames ?? 'this') === 'this',
  );
}

/**
 * A deployment told in sentences: what was deployed, what it brought, what became of it.
 *
 * @param at - writes an ISO instant for the reader
 */
export function deploymentStory(
  detail: DeploymentDetailResponse,
  at: (instant: string) => string,
): { what: string; became: string } {
  return {
    what: [arrival(detail, at), contents(detail)].filter(Boolean).join(' '),
    became: fate(detail),
  };
}

function arrival(
  detail: DeploymentDetailResponse,
  at: (instant: string) => string,
): string {
  const where = listWords(detail.environments);
  const when = detail.finishedAt
    ? `on ${at(detail.finishedAt)}`
    : 'at an unknown time';
  if (detail.outcome === 'attempt_failed') {
    return `An attempt to deploy to ${where} ended ${when}, without reaching it.`;
  }
  const everywhere =
    detail.environments.length > 1 && detail.finishedEverywhereAt
      ? `, everywhere ${formatDurationSeconds(
          (Date.parse(detail.finishedEverywhereAt) -
            Date.parse(detail.finishedAt)) /
            1000,
        )} later`
      : '';
  return `Deployed to ${where} ${when}${everywhere}.`;
}

function contents(detail: DeploymentDetailResponse): string {
  const { kind, changes, leadTimeP50Seconds } = detail;
  const repair =
    detail.reworkReason && detail.reworkReason !== 'rollback'
      ? ` An unplanned repair: ${REWORK_WORDS[detail.reworkReason]}.`
      : '';
  const lead =
    leadTimeP50Seconds === undefined
      ? ''
      : `, ${
          changes === 1 ? 'committed' : 'half of them committed within'
        } ${formatDurationSeconds(leadTimeP50Seconds)} before`;
  const brought =
    changes > 0 ? `It brought ${formatPlural(changes, 'change')}${lead}.` : '';
  switch (kind) {
    case undefined:
      return '';
    case 'rollback':
      return ['It went back to an earlier revision.', brought]
        .filter(Boolean)
        .join(' ');
    case 'redeploy':
      return ['It put the revision there that was running already.', brought]
        .filter(Boolean)
        .join(' ');
    default:
      if (detail.historyGap) {
        return `Which changes it brought cannot be told. ${
          GAP_WORDS[detail.historyGap]
        }${repair}`;
      }
      return changes > 0
        ? `${brought}${repair}`
        : `It brought no change that had not been deployed before.${repair}`;
  }
}

function fate(detail: DeploymentDetailResponse): string {
  if (detail.outcome === 'attempt_failed') {
    return 'It served nobody, so it counts in no metric.';
  }
  if (detail.outcome === 'ok') {
    return detail.failureData
      ? 'No failure is known.'
      : 'Whether it failed is not known: failures of the service were not reported at the time.';
  }
  const live = failuresOf(detail.attributions);
  const [first] = live;
  const what = first
    ? `${causeWords(first)}${
        live.length > 1 ? ` and ${formatPlural(live.length - 1, 'other')}` : ''
      }; `
    : '';
  const recovered =
    detail.recoverySeconds === undefined
      ? 'not recovered yet'
      : `recovered after ${formatDurationSeconds(detail.recoverySeconds)}`;
  const clamped = detail.recoveryClamped
    ? ' The source says service was restored before the deployment finished, so recovery counts as 0.'
    : '';
  return `${`${what}${recovered}`.replace(/^./, c =>
    c.toLocaleUpperCase('en'),
  )}.${clamped}`;
}

/** Changes that are in no lead time, by why: of all that it brought, where the answer says so. */
function excludedChanges({
  excludedChanges: told,
  changeRows,
}: DeploymentDetailResponse): { reason: ExclusionReason; changes: number }[] {
  if (told) {
    return told;
  }
  const counted = new Map<ExclusionReason, number>();
  for (const { excluded } of changeRows) {
    if (excluded) {
      counted.set(excluded, (counted.get(excluded) ?? 0) + 1);
    }
  }
  return [...counted].map(([reason, changes]) => ({ reason, changes }));
}

/** What of a deployment some metric leaves out, and why. One sentence each. */
export function leftOut(detail: DeploymentDetailResponse): string[] {
  const sentences: string[] = [];
  if (detail.outcome === 'attempt_failed') {
    return ['It did not reach the environment: counted in no metric.'];
  }
  if (detail.kind === 'redeploy') {
    sentences.push(
      'A redeploy of the same revision: left out of deployment frequency, fail rate, recovery and rework.',
    );
  }
  if (detail.kind === 'rollback') {
    sentences.push(
      'A rollback: counted as rework, left out of deployment frequency and fail rate.',
    );
  }
  if (detail.origin === 'release_tag') {
    sentences.push(`${EXCLUSION_WORDS.release_backfill}.`);
  } else if (!detail.failureData) {
    sentences.push(`${EXCLUSION_WORDS.no_failure_data}.`);
  }
  if (detail.historyGap && detail.kind !== 'redeploy') {
    sentences.push(
      `${
        GAP_WORDS[detail.historyGap]
      } No changes are attributed to it, and it is still counted as a deployment.`,
    );
  }
  for (const { reason, changes } of excludedChanges(detail)) {
    sentences.push(
      `${formatPlural(changes, 'change')}: ${EXCLUSION_WORDS[reason]}.`,
    );
  }
  return sentences;
}
