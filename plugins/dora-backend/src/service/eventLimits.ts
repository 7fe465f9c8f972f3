import { DomainEvent } from '@pavedroad/plugin-dora-common';

/** Longest text that names something: names are keys of indexes. */
const MAX_NAME_LENGTH = 500;

/** Texts of a domain event by which things are told apart. */
function namesOf(event: DomainEvent): (string | undefined)[] {
  const { service } = event;
  const names = [
    service?.entityRef,
    service?.name,
    service?.repository,
    service?.path,
    ...(service?.aliases ?? []),
  ];
  switch (event.type) {
    case 'deployment':
      return [
        ...names,
        event.deploymentId,
        event.jobId,
        event.environment,
        event.revision,
        event.artifact,
      ];
    case 'commits':
      return [
        ...names,
        event.repository,
        event.defaultBranch,
        ...event.commits.map(({ id }) => id),
      ];
    case 'pull_request':
      return [...names, event.repository, event.mergeCommit];
    case 'build':
      return [...names, event.artifact, event.revision];
    case 'incident':
      return [...names, event.incidentId, event.environment];
    case 'release_tag':
      return [...names, event.repository, event.tag, event.revision];
    case 'attribution':
      return [...names, event.attributionId, event.cause?.id];
    case 'attribution_withdrawn':
      return [...names, event.attributionId];
    default:
      return names;
  }
}

/** Why the names in an event cannot be kept; `undefined` when they can. Pure. */
export function nameProblem(events: DomainEvent[]): string | undefined {
  for (const event of events) {
    const long = namesOf(event).find(
      name => name !== undefined && name.length > MAX_NAME_LENGTH,
    );
    if (long !== undefined) {
      return `${long.slice(
        0,
        40,
      )}… is longer than ${MAX_NAME_LENGTH} characters`;
    }
  }
  return undefined;
}

/** Moments that are believed. */
export interface TimeLimits {
  /** Epoch milliseconds. */
  earliest: number;
  /** How far an event may be ahead of its receipt, in milliseconds. */
  maxFutureMilliseconds: number;
}

/** Every moment that places a domain event in time. Commit times are not among them: git knows odd ones. */
export function momentsOf(event: DomainEvent): (string | undefined)[] {
  switch (event.type) {
    case 'deployment':
      return [event.at, event.startedAt];
    case 'incident':
      return [event.at];
    case 'build':
      return [event.finishedAt];
    case 'pull_request':
      return [
        event.updatedAt,
        event.openedAt,
        event.approvedAt,
        event.mergedAt,
      ];
    case 'release_tag':
      return [event.releasedAt];
    case 'failure_data':
      return [event.since];
    case 'remediation':
    case 'attribution':
    case 'attribution_withdrawn':
      return [event.recordedAt];
    default:
      return [];
  }
}

/**
 * Why the moments of an event cannot be believed; `undefined` when they can.
 * Measured against the receipt, so that replay judges as receipt did. Pure.
 */
export function timeProblem(
  events: DomainEvent[],
  limits: TimeLimits,
  receivedAt: number,
): string | undefined {
  for (const event of events) {
    for (const moment of momentsOf(event)) {
      if (moment === undefined) {
        continue;
      }
      const milliseconds = Date.parse(moment);
      if (Number.isNaN(milliseconds)) {
        return `${moment.slice(0, 64)} is not a date-time`;
      }
      if (milliseconds < limits.earliest) {
        return `${moment} is too far in the past`;
      }
      if (milliseconds > receivedAt + limits.maxFutureMilliseconds) {
        return `${moment} is in the future`;
      }
    }
  }
  return undefined;
}
