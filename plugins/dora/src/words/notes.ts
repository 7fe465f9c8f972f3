import {
  AttributionMethod,
  concernsReaders,
  DataQualityCode,
  DataQualityNote,
  DeploymentKind,
  Exclusion,
  ExclusionReason,
  HistoryGap,
  URGENT_CODES,
} from '@pavedroad/plugin-dora-common';
import { formatDateTime, formatPlural } from '@pavedroad/portal-ui';

/** A data-quality note in words: what is missing, and what to connect. Worst first. */
export const QUALITY_WORDS: Record<
  DataQualityCode,
  {
    title: (
      services: string,
      note: DataQualityNote,
      timeZone?: string,
    ) => string;
    advice: string;
  }
> = {
  facts_failed: {
    title: services => `The numbers of ${services} are out of date`,
    advice:
      'Their latest events are kept but could not be counted. The log of the portal says why; their next event, or the next start of the portal, tries again.',
  },
  facts_pending: {
    title: (services, { since }, timeZone) =>
      `Events of ${services} are still being counted${
        since
          ? `; the numbers are as of ${formatDateTime(since, timeZone)}`
          : ''
      }`,
    advice:
      'They are kept and will be counted; if this stands for more than a few minutes, the log of the portal says why.',
  },
  beyond_retention: {
    title: (services, note) =>
      `The history of ${services} is kept from ${(note.since ?? '').slice(
        0,
        10,
      )} on`,
    advice:
      'The time before is left out here. Choose a period, and a comparison, within what is kept; administrators set it as dora.retention.facts.',
  },
  no_deployments: {
    title: services => `No deployments are known of ${services}`,
    advice:
      'Send a CDEvents service.deployed event from the pipeline, or backfill release tags from git.',
  },
  no_incident_source: {
    title: services => `Failures of ${services} are not reported`,
    advice:
      'Connect an incident source (events incident.detected and incident.resolved), or declare that rollbacks or hotfixes are reported. Until then, fail rate, recovery and rework are not known, which is not the same as 0 %.',
  },
  release_tags_only: {
    title: services =>
      `Deployments of ${services} are known from releases in git alone`,
    advice:
      'A release is not a deployment: report deployments from the pipeline to learn about failures and repairs.',
  },
  no_commit_history: {
    title: services => `The commits of ${services} are not known`,
    advice:
      'Push to the git host of the portal, or backfill the repository, to learn which changes each deployment brought.',
  },
  unknown_history: {
    title: (services, note) =>
      `${formatPlural(
        note.count ?? 0,
        'deployment',
      )} of ${services} cannot be placed in the commit history`,
    advice:
      'Name the full commit id in the event, as the version of the artifact or through its build, and keep the history complete.',
  },
  no_pull_requests: {
    title: services => `Pull requests of ${services} are not known`,
    advice:
      'Connect the code host to see review and merge times; until then those stages are folded into the next.',
  },
  no_builds: {
    title: services => `Builds of ${services} are not known`,
    advice:
      'Send a CDEvents artifact.packaged event when the artifact is built to tell waiting for the build from deploying.',
  },
  clamped_stage_times: {
    title: (services, note) =>
      `Stage times of ${formatPlural(
        note.count ?? 0,
        'change',
      )} of ${services} were out of order`,
    advice:
      'A moment is before the one it follows, and counts at that one, so the stage between them counts as 0; or is after the deployment had finished, and counts at its finish. The first is so of commits that came after their pull request was opened, the second of pull requests that were merged after they were deployed. Where there are none of these, a clock of a source may be wrong.',
  },
  unattributed_incidents: {
    title: (services, note) =>
      `${formatPlural(note.count ?? 0, 'incident')} of ${services} ${
        note.count === 1 ? 'is' : 'are'
      } attributed to no deployment`,
    advice:
      'Name the deployment or the revision in the incident. An incident that no deployment caused needs nothing.',
  },
  nothing_deployed_there: {
    title: services =>
      `No deployment of ${services} to the environment asked for is known`,
    advice:
      'Choose another environment, or report the deployments to it: sources named none like it, and none of that tier.',
  },
  unmapped_events: {
    title: (_, note) =>
      `${formatPlural(note.count ?? 0, 'event')} ${
        note.count === 1 ? 'leads' : 'lead'
      } to no service of the catalog`,
    advice:
      'Register the component they name, or annotate it with its repository; where several components claim one repository, give each its source path. They are kept, and counted from then on.',
  },
};

/**
 * What a note says first: `The history of checkout is kept from 2026-05-01 on`.
 *
 * @param timeZone - of moments in it; the reader's when left out
 */
export function noteTitle(note: DataQualityNote, timeZone?: string): string {
  // Lists name some of the services, and count all.
  const count = URGENT_CODES.includes(note.code) ? note.count : undefined;
  return QUALITY_WORDS[note.code].title(
    nameServices(note.services, count),
    note,
    timeZone,
  );
}

/** Of several notes about events that wait, each is about other services. */
export function noteKey({ code, since }: DataQualityNote): string {
  return `${code} ${since ?? ''}`;
}

/** How far the numbers are while events are counted as soon as ever; nothing where all are, or notes tell of those that are late. */
export function countedWords(
  notes: readonly DataQualityNote[],
  timeZone: string,
): string | undefined {
  const young = notes.find(
    note => note.code === 'facts_pending' && !concernsReaders(note),
  );
  if (!young?.since) {
    return undefined;
  }
  const until = `that arrived by ${formatDateTime(young.since, timeZone)}`;
  const services = nameServices(young.services, young.count);
  // Of others not everything is counted: their notes say so.
  return notes.some(
    note =>
      note.code === 'facts_failed' ||
      (note.code === 'facts_pending' && concernsReaders(note)),
  )
    ? `Of ${services}, everything ${until} is counted; what came in the last seconds is being counted.`
    : `Everything ${until} is counted. Events of ${services} came in the last seconds, and are being counted.`;
}

export const EXCLUSION_WORDS: Record<ExclusionReason, string> = {
  first_deployment:
    'Brought by the first deployment of a service: its history is older than its deployments. Left out of lead time',
  negative_total_time:
    'Committed after the deployment finished, says the source. Left out of lead time',
  bot: 'Made by a configured bot. Left out of lead time',
  unknown_history:
    'History unknown or rewritten: which changes they brought cannot be told. Counted as deployments',
  unattributed_incident: 'Incident that no deployment is known to have caused',
  no_failure_data:
    'Failures were not reported at the time. Left out of fail rate, recovery and rework',
  release_backfill:
    'Known from releases in git alone. Left out of fail rate, recovery and rework',
};

/** `12 changes, 1 deployment`: what was left out for one reason. */
export function exclusionCounts({
  changes,
  deployments,
  incidents,
}: Exclusion): string {
  return [
    changes > 0 && formatPlural(changes, 'change'),
    deployments > 0 && formatPlural(deployments, 'deployment'),
    incidents > 0 && formatPlural(incidents, 'incident'),
  ]
    .filter(Boolean)
    .join(', ');
}

export const KIND_WORDS: Record<DeploymentKind, string> = {
  change: 'Change',
  redeploy: 'Redeploy',
  rollback: 'Rollback',
};

export const METHOD_WORDS: Record<AttributionMethod, string> = {
  explicit: 'Named explicitly',
  rollback: 'Rolled back',
  revert_or_hotfix: 'Repaired by a revert or hotfix',
  revision: 'The incident names its revision',
  time_proximity: 'Was running when the incident opened',
};

export const GAP_WORDS: Record<HistoryGap, string> = {
  unknown_revision: 'No event says which revision was deployed.',
  unknown_history: 'The history of its revision is not known.',
  no_shared_ancestor:
    'Its revision shares no history with the one before (a rewritten branch).',
};

/** How much an attribution is to be trusted, in words. */
export function confidenceWords(confidence: number): string {
  if (confidence >= 0.9) {
    return 'High confidence';
  }
  return confidence >= 0.7 ? 'Good confidence' : 'A guess from time alone';
}

/** `checkout`, `checkout and ledger`, or `5 services`. */
export function nameServices(
  refs: readonly string[],
  count = refs.length,
): string {
  return count <= 2
    ? refs.map(ref => ref.replace(/^.*[:/]/, '')).join(' and ')
    : formatPlural(count, 'service');
}
