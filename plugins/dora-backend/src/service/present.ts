import {
  ATTRIBUTION_METHODS,
  DeploymentAttempt,
  DeploymentAttribution,
  DeploymentChange,
  DeploymentFact,
  DeploymentListItem,
  FailureAttribution,
  IncidentFact,
  STAGE_NAMES,
} from '@pavedroad/plugin-dora-common';
import { ListRow, StoredChange } from '../database/QueryStore';

/** A row of the list as the API answers it. */
export function listItem(row: ListRow): DeploymentListItem {
  return 'deployment' in row
    ? deploymentItem(row.deployment, row.leadP50Seconds)
    : attemptItem(row.attempt);
}

function deploymentItem(
  fact: DeploymentFact,
  leadP50Seconds: number | undefined,
): DeploymentListItem {
  return {
    id: fact.id,
    serviceRef: fact.serviceRef,
    environments: fact.environments,
    outcome: fact.failed ? 'failed' : 'ok',
    kind: fact.kind,
    finishedAt: iso(fact.finishedAt),
    finishedEverywhereAt: iso(fact.finishedEverywhereAt),
    revision: fact.revision,
    changes: fact.changes,
    historyGap: fact.historyGap,
    leadTimeP50Seconds: leadP50Seconds,
    rework: fact.rework,
    failureData: fact.failureData,
    recoverySeconds: fact.recoverySeconds,
    origin: fact.origin,
    labels: fact.labels,
    url: fact.url,
    source: fact.source,
    sampleData: fact.sample,
  };
}

function attemptItem(attempt: DeploymentAttempt): DeploymentListItem {
  return {
    id: attempt.id,
    serviceRef: attempt.serviceRef,
    environments: [attempt.environment],
    outcome: attempt.status === 'failed' ? 'attempt_failed' : 'ok',
    finishedAt: attempt.finishedAt ?? '',
    revision: attempt.revision,
    changes: 0,
    rework: false,
    failureData: false,
    origin: attempt.origin,
    labels: attempt.labels,
    url: attempt.url,
    source: attempt.source,
    sampleData: attempt.sample,
  };
}

/** A change as the detail shows it. */
export function presentChange(change: StoredChange): DeploymentChange {
  return {
    commit: change.commit,
    committedAt: iso(change.committedAt),
    leadSeconds: change.leadSeconds,
    stages: STAGE_NAMES.map((name, index) => ({
      name,
      ...(change.stages[index] !== undefined && {
        seconds: change.stages[index],
      }),
    })),
    clamped: change.clamped,
    pullRequest: change.pullRequest,
    authorName: change.authorName,
    subject: change.subject,
    bot: change.bot,
    excluded: change.excluded,
  };
}

/** Attributions with what is known about their causes: live ones first, then by strength. */
export function presentAttributions(
  rows: { attribution: FailureAttribution; incident?: IncidentFact }[],
): DeploymentAttribution[] {
  const rank = ({ state, method }: FailureAttribution) =>
    (state === 'live' ? 0 : 100) + ATTRIBUTION_METHODS.indexOf(method);
  return rows
    .map(({ attribution, incident }) => ({
      ...attribution,
      ...(incident && {
        incident: {
          title: incident.title,
          openedAt: iso(incident.openedAt),
          ...(incident.resolvedAt !== undefined && {
            resolvedAt: iso(incident.resolvedAt),
          }),
          url: incident.url,
          environment: incident.environment,
        },
      }),
    }))
    .sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

/** Epoch milliseconds as an ISO instant in UTC. */
export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
