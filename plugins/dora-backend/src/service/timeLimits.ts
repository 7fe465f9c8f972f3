import { DomainEvent } from '@pavedroad/plugin-dora-common';

/** Moments that are believed. */
export interface TimeLimits {
  /** Epoch milliseconds. */
  earliest: number;
  /** How far an event may be ahead of its receipt, in milliseconds. */
  maxFutureMilliseconds: number;
}

/** Every moment that places a domain event in time. Commit times are not among them: git knows odd ones. */
function momentsOf(event: DomainEvent): (string | undefined)[] {
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
